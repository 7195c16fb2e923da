import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// What a backend receives for the body of a request. `S1-4` and the like are rows of the table of seed behaviours.
@Suite(.serialized)
struct WireBackendInputTests {
    private let path = "/v1/chat/completions"

    // S1-4, S1-14
    @Test func `messages, unknown members and the body's bytes reach the backend unchanged`() async throws {
        let seen = Mutex<ChatRequest?>(nil)
        var backend = ChatProbe { request, _ in seen.withLock { $0 = request } }
        backend.retainedBody = [.json, .bytes]
        try await withClient(of: backend) { client, _ in
            let body = #"{"messages":[{"role":"user","content":"<|im_start|> Hi"}],"extra":[1]}"#
            #expect(try await client.ask(.post, path, body: body).code == 200)
            let request = try #require(seen.withLock { $0 })
            #expect(request.messages == [.user("<|im_start|> Hi")])
            #expect(request.context.body == Array(body.utf8))
            #expect(request.body["extra"] == [1])
        }
    }

    // S1-9, S1-src-3
    @Test func `token ids and sampling parameters reach the backend, with OpenAI's defaults`() async throws {
        let backend = CompletionProbe { request, sink in
            let sampling = request.sampling
            try await sink.emit(
                "\(request.promptTokenIDs) \(sampling.temperature) \(sampling.topP) \(request.maxTokens)")
            try await sink.emit(.usage(promptTokens: 30, completionTokens: 12))
        }
        try await withClient(of: backend) { client, _ in
            let json = try await client.complete(#""temperature":0.5,"top_p":0.9,"max_tokens":9"#).json()
            #expect(json["choices"]?[0]?["text"] == "[1, 2, 3] 0.5 0.9 9")
            #expect(json["usage"] == ["prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42])
            let defaults = try await client.complete().json()
            #expect(defaults["choices"]?[0]?["text"] == "[1, 2, 3] 1.0 1.0 16")
        }
    }

    // S1-src-7
    @Test func `names, tool calls and content parts reach the backend, and messages are required`() async throws {
        let seen = Mutex<[ChatMessage]>([])
        let backend = ChatProbe { request, _ in seen.withLock { $0 = request.messages } }
        try await withClient(of: backend) { client, _ in
            let messages = """
                [{"role":"developer","content":"Be brief."},
                {"role":"user","name":"Ada","content":[{"type":"text","text":"one "},{"type":"text","text":"two"}]},
                {"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
                {"role":"tool","tool_call_id":"c1","content":"3"}]
                """
            #expect(try await client.ask(.post, path, body: #"{"messages":\#(messages)}"#).code == 200)
            let read = seen.withLock { $0 }
            #expect(read.map(\.role) == [.system, .user, .assistant, .tool])
            #expect(read.map(\.text) == ["Be brief.", "one two", "", "3"])
            #expect(read.compactMap(\.name) == ["Ada"])
            #expect(read.compactMap(\.toolCallID) == ["c1"])
            #expect(read[2].toolCalls.first?.name == "f")
            for body in ["{}", #"{"messages":"Hi"}"#, #"{"messages":[]}"#] {
                let refused = try await client.ask(.post, path, body: body)
                #expect(refused.code == 400)
                #expect(try refused.json()["error"]?["param"] == "messages")
            }
        }
    }

    // S2-4
    @Test func `stream is a member of the body in any JSON spelling, and not text inside a message`() async throws {
        let backend = ScriptedBackend([.text("a"), .text("b"), .text("c")])
        try await withClient(of: backend) { client, _ in
            #expect(try await client.chat("\"stream\" :\n\ttrue")[field: "Content-Type"]?.hasPrefix("text/") == true)
            #expect(try await client.chat(#""\u0073tream":true"#)[field: "Content-Type"]?.hasPrefix("text/") == true)
            let body = #"{"messages":[{"role":"user","content":"say \"stream\":true"}],"metadata":{"stream":true}}"#
            #expect(try await client.ask(.post, path, body: body)[field: "Content-Type"] == "application/json")
            try expect(try await client.chat(#""stream":"true""#), is: 400, param: "stream", code: "invalid_value")
        }
    }
}
