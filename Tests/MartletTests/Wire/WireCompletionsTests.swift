import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Testing

/// `/v1/completions`, compared byte by byte.
@Suite(.serialized)
struct WireCompletionsTests {
    private let backend = ScriptedBackend([.text("Hel"), .text("lo")])

    @Test func `a completion stream has the text, a finish and DONE, and nothing else`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.complete(#""stream":true"#)
            let reply = try ReplyEnvelope(of: response)
            #expect(
                response.text == reply.completion("Hel") + reply.completion("lo")
                    + reply.completion("", finish: #""stop""#) + ReplyEnvelope.done)
            #expect(reply.object == "text_completion")
            #expect(response[field: "Content-Type"] == "text/event-stream; charset=utf-8")
        }
    }

    @Test func `with include_usage the last frame has the usage, and every other has null`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.complete(#""stream":true,"stream_options":{"include_usage":true}"#)
            let reply = try ReplyEnvelope(of: response)
            let none = #","usage":null"#
            #expect(
                response.text == reply.completion("Hel", none) + reply.completion("lo", none)
                    + reply.completion("", finish: #""stop""#, none)
                    + reply.frame("", #","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}"#)
                    + ReplyEnvelope.done)
        }
    }

    @Test func `a completion that is not streamed is one object`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.complete()
            let reply = try ReplyEnvelope(of: response)
            #expect(
                response.text
                    == reply.json(
                        #"{"text":"Hello","index":0,"logprobs":null,"finish_reason":"stop"}"#,
                        #","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}"#))
            #expect(reply.object == "text_completion")
        }
    }

    // S1-src-4
    @Test func `a choice has ids only if its tokens have, and may be empty`() async throws {
        let backend = ScriptedBackend(
            [], [.emit(.token(Token(id: 5, bytes: [97]))), .emit(.token(Token(id: 6)))], [.text("a")])
        try await withClient(of: backend) { client, _ in
            let empty = try await client.complete().json()
            #expect(empty["choices"] == [["text": "", "index": 0, "logprobs": .null, "finish_reason": "stop"]])
            #expect(empty["usage"]?["completion_tokens"] == 0)
            let tokens = try await client.complete().json()
            #expect(tokens["choices"]?[0]?["ids"] == [5, 6])
            #expect(tokens["choices"]?[0]?["text"] == "a")
            let text = try await client.complete().json()
            #expect(text["choices"]?[0]?["ids"] == nil)
        }
    }

    @Test func `a reply of a backend without a tokenizer has token ids`() async throws {
        let backend = ScriptedBackend([
            .emit(.token(Token(id: 7, bytes: Array("a".utf8)))), .emit(.token(Token(id: 8, bytes: Array("b".utf8)))),
        ])
        try await withClient(of: backend) { client, _ in
            #expect(try await client.complete().json()["choices"]?[0]?["ids"] == [7, 8])
            let response = try await client.complete(#""stream":true"#)
            let reply = try ReplyEnvelope(of: response)
            #expect(
                response.text
                    == reply.frame(#"{"text":"a","index":0,"ids":[7],"logprobs":null,"finish_reason":null}"#)
                    + reply.frame(#"{"text":"b","index":0,"ids":[8],"logprobs":null,"finish_reason":null}"#)
                    + reply.completion("", finish: #""stop""#) + ReplyEnvelope.done)
        }
    }

    @Test func `a backend with a tokenizer accepts text, and its replies have no ids`() async throws {
        try await withClient(of: LetterBackend()) { client, _ in
            let response = try await client.ask(.post, "/v1/completions", body: #"{"prompt":"héy"}"#)
            let json = try response.json()
            #expect(json["choices"] == [["text": "héy", "index": 0, "logprobs": .null, "finish_reason": "stop"]])
            #expect(json["usage"] == ["prompt_tokens": 4, "completion_tokens": 4, "total_tokens": 8])
        }
    }

    @Test(arguments: [#""Hi""#, #"["Hi","there"]"#])
    func `text for a backend without a tokenizer is a 400 that says so`(prompt: String) async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.ask(.post, "/v1/completions", body: #"{"prompt":\#(prompt)}"#)
            let message = try expect(response, is: 400, param: "prompt", code: "invalid_value")
            #expect(message.contains("tokenizer"))
            #expect(backend.started == 0)
        }
    }

    @Test func `several prompts have choices in their order, and one usage`() async throws {
        let backend = LetterBackend()
        try await withClient(of: backend) { client, _ in
            for (prompt, letters) in [(#"["ab","c","def"]"#, ["ab", "c", "def"]), ("[[97],[98,99]]", ["a", "bc"])] {
                let json = try await client.ask(.post, "/v1/completions", body: #"{"prompt":\#(prompt)}"#).json()
                let choices = try #require(json["choices"]?.array)
                #expect(choices.compactMap { $0["index"]?.number?.int } == Array(letters.indices))
                #expect(choices.compactMap { $0["text"]?.string } == letters)
                let total = letters.joined().count
                #expect(
                    json["usage"] == [
                        "prompt_tokens": .number(JSONNumber(total)), "completion_tokens": .number(JSONNumber(total)),
                        "total_tokens": .number(JSONNumber(2 * total)),
                    ])
            }
        }
    }

    @Test func `several prompts stream concurrently, each to its own finish`() async throws {
        try await withClient(of: LetterBackend()) { client, _ in
            let response = try await client.ask(
                .post, "/v1/completions",
                body: #"{"prompt":["ab","c"],"stream":true,"stream_options":{"include_usage":true}}"#)
            let frames = try response.events.dropLast().map { try JSONValue(parsing: Array($0.utf8.dropFirst(6))) }
            for (index, text) in ["ab", "c"].enumerated() {
                let own = frames.compactMap { $0["choices"]?[0] }.filter { $0["index"]?.number?.int == index }
                #expect(own.compactMap { $0["text"]?.string }.joined() == text)
                #expect(own.map { $0["finish_reason"]?.isNull == false } == own.indices.map { $0 == own.count - 1 })
            }
            #expect(frames.last?["choices"] == [])
            #expect(
                frames.last?["usage"] == ["prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6])
        }
    }

    @Test func `a prompt that fails ends the request while another still runs`() async throws {
        let backend = ScriptedBackend([.fail(BackendError.unavailable("Busy."))], [.hang])
        try await withClient(of: backend) { client, server in
            let response = try await client.ask(.post, "/v1/completions", body: #"{"prompt":[[1],[2]]}"#)
            try expect(response, is: 503, "server_error", code: "service_unavailable")
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
        }
    }

    @Test func `max_tokens of 0 does not call the backend and finishes with length`() async throws {
        try await withClient(of: backend) { client, _ in
            let json = try await client.complete(#""max_tokens":0"#).json()
            #expect(json["choices"]?[0]?["text"] == "")
            #expect(json["choices"]?[0]?["finish_reason"] == "length")
            #expect(json["usage"] == ["prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3])
            #expect(backend.started == 0)
        }
    }

    @Test func `a completion without max_tokens ends after 16`() async throws {
        let backend = ScriptedBackend(Array(repeating: .text("x"), count: 40))
        try await withClient(of: backend) { client, server in
            let json = try await client.complete().json()
            #expect(json["choices"]?[0]?["text"] == .string(String(repeating: "x", count: 16)))
            #expect(json["choices"]?[0]?["finish_reason"] == "length")
            #expect(server.counters.generatedTokens == 16)
        }
    }

    @Test func `a prompt that fills the context is a 400, and a generation ends with the context`() async throws {
        try await withClient(of: LetterBackend(contextLimit: 6)) { client, _ in
            let full = try await client.ask(.post, "/v1/completions", body: #"{"prompt":"abcdef"}"#)
            try expect(full, is: 400, param: "prompt", code: "context_length_exceeded")
            let choice = try await client.ask(.post, "/v1/completions", body: #"{"prompt":"abcd"}"#).json()["choices"]?[
                0]
            #expect(choice?["text"] == "ab")
            #expect(choice?["finish_reason"] == "length")
        }
    }
}
