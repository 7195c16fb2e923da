import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Testing

/// `/v1/chat/completions`, compared byte by byte.
@Suite(.serialized)
struct WireChatTests {
    private let backend = ScriptedBackend([.text("Hel"), .text("lo\n\"")])

    @Test func `a chat stream has a role, the text, a finish and DONE, and nothing else`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.chat(#""stream":true"#)
            let reply = try ReplyEnvelope(of: response)
            #expect(
                response.text == reply.chat(ReplyEnvelope.role) + reply.chat(#""content":"Hel""#)
                    + reply.chat(#""content":"lo\n\"""#) + reply.chat("", finish: #""stop""#) + ReplyEnvelope.done)
            #expect(reply.object == "chat.completion.chunk")
            #expect(response.head.status == .ok)
            #expect(response[field: "Content-Type"] == "text/event-stream; charset=utf-8")
            #expect(response[field: "Cache-Control"] == "no-cache")
            #expect(response[field: "X-Accel-Buffering"] == "no")
            #expect(response[field: "Transfer-Encoding"] == "chunked")
            #expect(response[field: "Content-Length"] == nil)
        }
    }

    @Test func `with include_usage the last frame has the usage, and every other has null`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.chat(#""stream":true,"stream_options":{"include_usage":true}"#)
            let reply = try ReplyEnvelope(of: response)
            let none = #","usage":null"#
            #expect(
                response.text == reply.chat(ReplyEnvelope.role, none) + reply.chat(#""content":"Hel""#, none)
                    + reply.chat(#""content":"lo\n\"""#, none) + reply.chat("", finish: #""stop""#, none)
                    + reply.frame("", #","usage":{"prompt_tokens":0,"completion_tokens":2,"total_tokens":2}"#)
                    + ReplyEnvelope.done)
        }
    }

    @Test(arguments: [#""stream_options":{}"#, #""stream_options":{"include_usage":false}"#, #""stream_options":null"#])
    func `no usage is sent without include_usage`(options: String) async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.chat(#""stream":true,\#(options)"#)
            #expect(response.events.count == 5)
            #expect(!response.text.contains("usage"))
        }
    }

    @Test func `stream_options without stream are ignored`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.chat(#""stream_options":{"include_usage":true}"#)
            #expect(try response.json()["usage"]?["total_tokens"] == 2)
        }
    }

    @Test func `a chat that is not streamed is one object`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.chat()
            let reply = try ReplyEnvelope(of: response)
            let choice =
                #"{"index":0,"message":{"role":"assistant","content":"Hello\n\"","refusal":null},"#
                + #""logprobs":null,"finish_reason":"stop"}"#
            #expect(
                response.text
                    == reply.json(
                        choice, #","usage":{"prompt_tokens":0,"completion_tokens":2,"total_tokens":2}"#))
            #expect(reply.object == "chat.completion")
            #expect(response[field: "Content-Type"] == "application/json")
            #expect(response[field: "Content-Length"] == String(response.body.count))
        }
    }

    @Test func `a backend that emits nothing still gives a complete reply, streamed or not`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let stream = try await client.chat(#""stream":true"#)
            let reply = try ReplyEnvelope(of: stream)
            #expect(
                stream.text == reply.chat(ReplyEnvelope.role) + reply.chat("", finish: #""stop""#) + ReplyEnvelope.done)
            let whole = try await client.chat().json()
            #expect(whole["choices"]?[0]?["message"]?["content"] == "")
        }
    }

    @Test func `the end of a stream is sent in one write, with the last chunk`() async throws {
        let gate = Gate()
        try await withClient(of: ScriptedBackend([.text("a"), .wait(for: gate)])) { client, _ in
            try await client.sendChat(#""stream":true"#)
            var raw = try await client.receive(through: #"{"content":"a"},"logprobs":null,"finish_reason":null}]}"#)
            gate.open()
            var last: [UInt8] = []
            while !raw.ends(with: "0\r\n\r\n") {
                last = try await client.receive()
                raw += last
            }
            let end = String(decoding: last, as: UTF8.self)
            #expect(end.contains("data: [DONE]\n\n\r\n0\r\n\r\n"))
            #expect(end.contains(#""finish_reason":"stop""#))
            #expect(String(decoding: raw, as: UTF8.self).split(separator: "\r\n0\r\n\r\n").count == 1)
            // Nothing else is sent before the next request.
            #expect(try await client.ask(.get, "/health").head.status == .ok)
        }
    }

    @Test func `the first content arrives during the generation`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.text("first"), .wait(for: gate), .text("second"), .text("third")])
        try await withClient(of: backend) { client, server in
            try await client.sendChat(#""stream":true"#)
            #expect(try await client.receiveHead().status == .ok)
            #expect(try await client.receiveEvent()?.contains(#""role":"assistant""#) == true)
            #expect(try await client.receiveEvent()?.contains(#""content":"first""#) == true)
            #expect(server.counters.generatedTokens == 1)
            #expect(server.counters.openStreams == 1)
            gate.open()
            while try await client.receiveEvent() != nil {}
            #expect(server.counters.generatedTokens == 3)
        }
    }

    @Test func `reasoning has its own deltas, and is not part of the content`() async throws {
        let backend = ScriptedBackend([.emit(.reasoning("Hm.")), .text("Yes")])
        try await withClient(of: backend) { client, _ in
            let stream = try await client.chat(#""stream":true"#)
            let reply = try ReplyEnvelope(of: stream)
            #expect(
                stream.text == reply.chat(ReplyEnvelope.role) + reply.chat(#""reasoning_content":"Hm.""#)
                    + reply.chat(#""content":"Yes""#) + reply.chat("", finish: #""stop""#) + ReplyEnvelope.done)
            let message = try await client.chat().json()["choices"]?[0]?["message"]
            #expect(message?["content"] == "Yes")
            #expect(message?["reasoning_content"] == "Hm.")
        }
    }

    @Test func `tool calls are sent in fragments with their index, and end with tool_calls`() async throws {
        let backend = ScriptedBackend([
            .emit(.toolCall(ToolCallFragment(index: 0, id: "call_1", name: "f"))),
            .emit(.toolCall(ToolCallFragment(index: 0, arguments: #"{"a""#))),
            .emit(.toolCall(ToolCallFragment(index: 0, arguments: ":1}"))),
        ])
        try await withClient(of: backend) { client, _ in
            let stream = try await client.chat(#""stream":true"#)
            let reply = try ReplyEnvelope(of: stream)
            #expect(
                stream.text == reply.chat(ReplyEnvelope.role)
                    + reply.chat(
                        #""tool_calls":[{"index":0,"id":"call_1","type":"function","#
                            + #""function":{"name":"f","arguments":""}}]"#)
                    + reply.chat(#""tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]"#)
                    + reply.chat(#""tool_calls":[{"index":0,"function":{"arguments":":1}"}}]"#)
                    + reply.chat("", finish: #""tool_calls""#) + ReplyEnvelope.done)
            let choice = try await client.chat().json()["choices"]?[0]
            #expect(choice?["finish_reason"] == "tool_calls")
            #expect(choice?["message"]?["content"] == .null)
            let call = choice?["message"]?["tool_calls"]?[0]
            #expect(call?["id"] == "call_1")
            #expect(call?["type"] == "function")
            #expect(call?["function"] == ["name": "f", "arguments": #"{"a":1}"#])
        }
    }

    @Test func `the backend's token counts are the usage`() async throws {
        let backend = ScriptedBackend([
            .emit(.usage(promptTokens: 9, cachedTokens: 4)), .text("a"), .emit(.usage(completionTokens: 7)),
        ])
        try await withClient(of: backend) { client, _ in
            let usage = try await client.chat().json()["usage"]
            #expect(
                usage == [
                    "prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16,
                    "prompt_tokens_details": ["cached_tokens": 4],
                ])
        }
    }

    @Test(arguments: [#""max_tokens":2"#, #""max_tokens":9,"max_completion_tokens":2"#])
    func `a chat ends at its maximum number of tokens`(limit: String) async throws {
        let backend = ScriptedBackend([.text("a"), .text("b"), .text("c"), .hang])
        try await withClient(of: backend) { client, server in
            let choice = try await client.chat(limit).json()["choices"]?[0]
            #expect(choice?["message"]?["content"] == "ab")
            #expect(choice?["finish_reason"] == "length")
            #expect(server.counters.generatedTokens == 2)
            #expect(backend.cancelled == 1)
        }
    }

    // S2-8, S2-src-2
    @Test(arguments: [FinishReason.stop, .length, .toolCalls, .contentFilter])
    func `the backend's finish reason is sent, streamed or not`(reason: FinishReason) async throws {
        let backend = ScriptedBackend([.text("a"), .emit(.finish(reason))])
        try await withClient(of: backend) { client, _ in
            #expect(try await client.chat().json()["choices"]?[0]?["finish_reason"] == .string(reason.rawValue))
            let stream = try await client.chat(#""stream":true"#)
            #expect(stream.events.suffix(2).first?.contains(#""finish_reason":"\#(reason.rawValue)""#) == true)
        }
    }
}

extension [UInt8] {
    fileprivate func ends(with text: String) -> Bool { Array(suffix(text.utf8.count)) == Array(text.utf8) }
}
