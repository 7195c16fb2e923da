import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Several choices for one prompt.
@Suite(.serialized)
struct WireChoicesTests {
    private var backend: ScriptedBackend {
        var backend = ScriptedBackend([
            .emit(.text("a", choice: 1)), .emit(.text("b", choice: 0)), .emit(.text("c", choice: 1)),
            .emit(.finish(.length, choice: 1)), .emit(.text("d", choice: 0)),
        ])
        backend.capabilities = .choices
        return backend
    }

    @Test func `choices stream as they are generated, each with its own role and finish`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.chat(#""stream":true,"n":3"#)
            let reply = try ReplyEnvelope(of: response)
            #expect(
                response.text == reply.chat(ReplyEnvelope.role, index: 1) + reply.chat(#""content":"a""#, index: 1)
                    + reply.chat(ReplyEnvelope.role, index: 0) + reply.chat(#""content":"b""#, index: 0)
                    + reply.chat(#""content":"c""#, index: 1) + reply.chat("", finish: #""length""#, index: 1)
                    + reply.chat(#""content":"d""#, index: 0) + reply.chat("", finish: #""stop""#, index: 0)
                    + reply.chat(ReplyEnvelope.role, index: 2) + reply.chat("", finish: #""stop""#, index: 2)
                    + ReplyEnvelope.done)
        }
    }

    @Test func `a reply that is not streamed has all choices in order, and the sum of their tokens`() async throws {
        try await withClient(of: backend) { client, _ in
            let json = try await client.chat(#""n":2"#).json()
            let choices = try #require(json["choices"]?.array)
            #expect(choices.map { $0["index"] } == [0, 1])
            #expect(choices.map { $0["message"]?["content"] } == ["bd", "ac"])
            #expect(choices.map { $0["finish_reason"] } == ["stop", "length"])
            #expect(json["usage"]?["completion_tokens"] == 4)
        }
    }

    @Test func `the choices of several prompts are numbered consecutively`() async throws {
        try await withClient(of: backend) { client, _ in
            let json = try await client.ask(.post, "/v1/completions", body: #"{"prompt":[[1],[2,3]],"n":2}"#).json()
            let choices = try #require(json["choices"]?.array)
            #expect(choices.map { $0["index"] } == [0, 1, 2, 3])
            #expect(choices.map { $0["text"] } == ["bd", "ac", "bd", "ac"])
            #expect(json["usage"] == ["prompt_tokens": 3, "completion_tokens": 8, "total_tokens": 11])
        }
    }

    @Test func `a stop string ends one choice and not the others`() async throws {
        try await withClient(of: backend) { client, _ in
            let choices = try await client.chat(#""n":2,"stop":"b""#).json()["choices"]
            #expect(choices?[0]?["message"]?["content"] == "")
            #expect(choices?[1]?["message"]?["content"] == "ac")
        }
    }

    @Test func `several choices without the capability are a 400`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            try expect(try await client.chat(#""n":2"#), is: 400, param: "n", code: "unsupported_parameter")
            #expect(try await client.chat(#""n":1"#).code == 200)
        }
    }
}
