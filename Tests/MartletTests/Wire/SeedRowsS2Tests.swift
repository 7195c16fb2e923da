import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Testing

/// What the interface that Martlet's descends from could do, row by row, and what it should have done.
/// Rows of the chat endpoint.
@Suite(.serialized)
struct SeedRowsS2Tests {
    private let path = "/v1/chat/completions"
    private let backend = ScriptedBackend([.text("a"), .text("b"), .text("c")])

    private func frames(of response: HTTPResponse) throws -> [JSONValue] {
        try response.events.dropLast().map { try JSONValue(parsing: Array($0.utf8.dropFirst(6))) }
    }

    @Test func `S2-1 a chat is JSON, and so is its error`() async throws {
        try await withClient(of: backend) { client, _ in
            for response in [try await client.chat(), try await client.chat(#""n":0"#)] {
                #expect(response[field: "Content-Type"] == "application/json")
            }
        }
    }

    @Test func `S2-2 a backend that does not chat is a 501 with all four members`() async throws {
        try await withClient(of: LetterBackend()) { client, _ in
            try expect(try await client.chat(), is: 501, "not_implemented", code: "not_implemented")
        }
    }

    @Test func `S2-3 the model of the request is the model of the reply`() async throws {
        var backend = backend
        backend.models = ["one", "org/two:7b"]
        try await withClient(of: backend) { client, _ in
            for more in ["", #","stream":true"#] {
                let response = try await client.ask(
                    .post, path,
                    body: #"{"model":"org/two:7b","messages":[{"role":"user","content":"Hi"}]\#(more)}"#)
                #expect(response.text.contains(#""model":"org/two:7b""#))
            }
        }
    }

    @Test func `S2-4 stream is a member of the body however it is spelled, and no text in a message`() async throws {
        try await withClient(of: backend) { client, _ in
            #expect(try await client.chat("\"stream\" :\n\ttrue")[field: "Content-Type"]?.hasPrefix("text/") == true)
            #expect(try await client.chat(#""\u0073tream":true"#)[field: "Content-Type"]?.hasPrefix("text/") == true)
            let said = #"{"messages":[{"role":"user","content":"say \"stream\":true"}],"metadata":{"stream":true}}"#
            #expect(try await client.ask(.post, path, body: said)[field: "Content-Type"] == "application/json")
            try expect(try await client.chat(#""stream":"true""#), is: 400, param: "stream", code: "invalid_value")
        }
    }

    @Test func `S2-5 a stream's fields keep proxies from holding it`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.chat(#""stream":true"#)
            #expect(response[field: "Content-Type"]?.hasPrefix("text/event-stream") == true)
            #expect(response[field: "Cache-Control"] == "no-cache")
            #expect(response[field: "X-Accel-Buffering"] == "no")
        }
    }

    @Test func `S2-6 a stream knows its request, its real prompt tokens and an id of its own`() async throws {
        let backend = ScriptedBackend([.emit(.usage(promptTokens: 11)), .text("a")])
        try await withClient(of: backend) { client, _ in
            var ids: Set<String> = []
            for _ in 0..<2 {
                let frames = try frames(
                    of: try await client.chat(#""stream":true,"stream_options":{"include_usage":true}"#))
                #expect(frames.last?["usage"]?["prompt_tokens"] == 11)
                ids.formUnion(frames.compactMap { $0["id"]?.string })
            }
            #expect(ids.count == 2)
        }
    }

    @Test func `S2-7 a whole chat has one choice of the assistant's`() async throws {
        try await withClient(of: backend) { client, _ in
            let json = try await client.chat().json()
            #expect(json["object"] == "chat.completion")
            #expect(json["id"]?.string?.hasPrefix("chatcmpl-") == true)
            #expect((json["created"]?.number?.int ?? 0) > 1_700_000_000)
            #expect(json["choices"]?.array?.count == 1)
            #expect(json["choices"]?[0]?["index"] == 0)
            #expect(json["choices"]?[0]?["message"]?["role"] == "assistant")
            #expect(json["choices"]?[0]?["message"]?["content"] == "abc")
        }
    }

    @Test(arguments: [FinishReason.stop, .length, .toolCalls, .contentFilter])
    func `S2-8, S2-src-2 the finish reason is the backend's, streamed or not`(reason: FinishReason) async throws {
        try await withClient(of: ScriptedBackend([.text("a"), .emit(.finish(reason))])) { client, _ in
            #expect(try await client.chat().json()["choices"]?[0]?["finish_reason"] == .string(reason.rawValue))
            let response = try await client.chat(#""stream":true,"stream_options":{"include_usage":true}"#)
            let frames = try frames(of: response)
            #expect(frames.dropLast().last?["choices"]?[0]?["finish_reason"] == .string(reason.rawValue))
            #expect(frames.last?["usage"] == ["prompt_tokens": 0, "completion_tokens": 1, "total_tokens": 1])
        }
    }

    @Test func `S2-9 the usage sums`() async throws {
        let backend = ScriptedBackend([.emit(.usage(promptTokens: 4)), .text("a"), .text("b")])
        try await withClient(of: backend) { client, _ in
            let usage = try await client.chat().json()["usage"]
            #expect(usage == ["prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6])
        }
    }

    @Test func `S2-src-1 three tokens are six data lines`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.chat(#""stream":true"#)
            #expect(response.text.split(separator: "\n").count == 6)
            let deltas = try frames(of: response).map { $0["choices"]?[0]?["delta"] }
            #expect(
                deltas == [
                    ["role": "assistant", "content": ""], ["content": "a"], ["content": "b"], ["content": "c"], [:],
                ])
            #expect(response.events.last == "data: [DONE]")
        }
    }

    @Test func `S2-src-4 a backend that fails in the middle ends its stream with an error and DONE`() async throws {
        let backend = ScriptedBackend([.text("a"), .fail(BackendError.failed("Broke."))])
        try await withClient(of: backend) { client, _ in
            let events = try await client.chat(#""stream":true"#).events
            #expect(
                events.suffix(2) == [
                    #"data: {"error":{"message":"Broke.","type":"server_error","param":null,"code":"server_error"}}"#,
                    "data: [DONE]",
                ])
        }
    }

    @Test func `S2-src-5 a backend sees all turns and can answer the last`() async throws {
        let backend = ChatProbe { request, sink in
            try await sink.emit("\(request.messages.count) \(request.lastUserText)")
        }
        try await withClient(of: backend) { client, _ in
            let body = """
                {"messages":[{"role":"system","content":"s"},{"role":"user","content":"first"},
                {"role":"assistant","content":"answer"},{"role":"user","content":"last"}]}
                """
            let json = try await client.ask(.post, path, body: body).json()
            #expect(json["choices"]?[0]?["message"]?["content"] == "4 last")
        }
    }
}
