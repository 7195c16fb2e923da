import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// How a reply is assembled from a response, streamed or not: choices, usage, metadata.
struct ResponseAssemblyTests {
    // Checklist rows S0-10, S0-11, S0-12, S0-src-22.
    @Test func `usage, tool calls and images are included, and null content is no text`() async throws {
        let call = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}"#
        let text =
            #"{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[\#(call)]},"#
            + #""finish_reason":null}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#
        try await withFaults([.json(text)]) { (client, server) async throws in
            let image = ImageAttachment.data([1, 2, 3], mediaType: "image/png")
            let reply = try await client.chat(.init(messages: [.user("Look.")], images: [image]))
            #expect((reply.content, reply.finishReason, reply.usage?.totalTokens) == ("", nil, 7))
            #expect(reply.toolCalls == [ToolCall(id: "c1", name: "f", arguments: "{}")])
            let part = server.bodies[0]["messages"]?[0]?["content"]?[1]?["image_url"]?["url"]
            #expect(part == "data:image/png;base64,AQID")
        }
    }

    // Checklist row S0-src-26.
    @Test func `a reply of 16 MB is read`() async throws {
        let long = String(repeating: "é", count: 8 << 20)
        try await withFaults([.reply(long)]) { (client, _) async throws in
            let reply = try await client.chat("Hi")
            #expect(reply.content.utf8.count == 16 << 20)
        }
    }

    // Checklist row S0-src-27.
    @Test func `field names are case-insensitive`() async throws {
        try await withFaults([.json(FaultStep.replyText("a"), fields: ["X-REQUEST-ID": "r7"])]) {
            (client, _) async throws in
            let reply = try await client.chat("Hi")
            #expect(reply.response.requestID == "r7")
            #expect(reply.response.fields["x-request-id"] == "r7")
        }
    }

    // Checklist rows S3-23, S3-34, S3-35.
    @Test func `a reply has all choices and all metadata`() async throws {
        let text =
            #"{"id":"c1","model":"m-1","created":7,"odd":true,"system_fingerprint":"fp","choices":["#
            + #"{"index":0,"message":{"role":"assistant","content":"a","reasoning":"r","refusal":"no"},"finish_reason":"stop","#
            + #""logprobs":{"content":[]}},{"index":1,"message":{"content":"b"},"finish_reason":"length"}],"usage":"#
            + #"{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}}"#
        try await withFaults([.json(text, fields: ["x-request-id": "r1", "x-two": "2"])]) { (client, _) async throws in
            let reply = try await client.chat("Hi")
            #expect((reply.id, reply.model, reply.created) == ("c1", "m-1", 7))
            #expect(reply.choices.map(\.message.text) == ["a", "b"])
            #expect(reply.choices.map(\.finishReason) == [.stop, .length])
            #expect((reply.content, reply.reasoning) == ("a", "r"))
            #expect(reply.choices[0].message.content.map(\.kind) == [.text, .refusal])
            #expect(reply.choices[0].logprobs == ["content": []])
            #expect((reply.usage?.promptTokens, reply.usage?.cachedTokens, reply.usage?.totalTokens) == (3, 1, 5))
            #expect(reply.json["odd"] == true)
            #expect((reply.response.requestID, reply.response.fields["X-Two"]) == ("r1", "2"))
            #expect(String(decoding: reply.response.body, as: UTF8.self) == text)
        }
    }

    // Checklist rows S3-25, S3-26, S3-29, S3-30, S3-31.
    @Test func `events are emitted once and in order, and add up to the reply`() async throws {
        let steps: [FaultStep] = [
            .streamHead,
            .event(#"{"id":"c1","model":"","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#),
            .send("data:\n\n"), .send("event: x\nid: 1\nretry: 3\n\n"), .delta("a"),
            .event(
                #"{"model":"m-2","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"length"}],"#
                    + #""usage":{"prompt_tokens":1,"completion_tokens":1}}"#),
            .event(#"{"model":"m-3","choices":[],"odd":1,"usage":{"prompt_tokens":3,"completion_tokens":2}}"#), .done,
            .delta("never"), .close,
        ]
        try await withFaults(steps) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            var kinds: [ChatEvent.Kind] = []
            for try await event in stream { kinds.append(event.kind) }
            let usages = [(1, 1), (3, 2)].map {
                ChatEvent.Kind.usage(Usage(promptTokens: $0.0, completionTokens: $0.1))
            }
            #expect(kinds == [.other, .text("a"), .text("b"), .finish(.length), usages[0], usages[1]])
            let reply = stream.replySoFar
            #expect((reply.content, reply.model, reply.finishReason) == ("ab", "m-3", .length))
            #expect((reply.usage?.promptTokens, reply.json["odd"]) == (3, 1))
        }
    }

    // Checklist rows S4-11, S4-src-31.
    @Test func `streamed or not, the same request is sent and the same reply assembled`() async throws {
        let call = #""tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]"#
        let whole =
            #"{"id":"x","model":"m-1","created":1,"choices":[{"index":0,"message":{"role":"assistant","content":"a","#
            + #""reasoning_content":"r",\#(call)},"finish_reason":"tool_calls"}],"#
            + #""usage":{"prompt_tokens":3,"completion_tokens":2}}"#
        let chunk = whole.replacing(#""message""#, with: #""delta""#)
        try await withFaults([.json(whole)], [.streamHead, .event(chunk), .done, .close]) {
            (client, server) async throws in
            var request = ClientChatRequestTests.full
            request.images = []
            let one = try await client.chat(request)
            let other = try await client.stream(request).reply()
            #expect(one.choices.map(\.message) == other.choices.map(\.message))
            #expect((one.finishReason, one.usage, one.id) == (other.finishReason, other.usage, other.id))
            #expect((one.model, one.created) == (other.model, other.created))
            var streamed = server.bodies[1]
            #expect(streamed["stream"] == true)
            streamed["stream"] = nil
            streamed["stream_options"] = nil
            #expect(server.bodies[0] == streamed)
        }
    }

    // Checklist rows S4-src-1, S4-src-3.
    @Test func `values that the server did not send are nil or empty`() async throws {
        try await withFaults([.json(#"{"choices":[{"message":{"content":null}}]}"#)]) { (client, _) async throws in
            let reply = try await client.chat("Hi")
            #expect((reply.content, reply.finishReason, reply.usage, reply.reasoning) == ("", nil, nil, nil))
            #expect(!reply.hasToolCalls && !reply.isTextOnly && reply.toolCalls.isEmpty)
            #expect(!reply.response.body.isEmpty)
        }
    }

    @Test func `a null role is the assistant`() async throws {
        try await withFaults([
            .json(#"{"choices":[{"index":0,"message":{"role":null,"content":"hi"},"finish_reason":"stop"}]}"#)
        ]) { (client, server) async throws in
            #expect(try await client.chat("Hi").content == "hi")
        }
    }

    @Test func `null arguments are empty`() async throws {
        try await withFaults([
            .json(
                #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":null}}]},"finish_reason":"tool_calls"}]}"#
            )
        ]) { (client, server) async throws in
            #expect(try await client.chat("Hi").toolCalls[0].arguments == "{}")
            #expect(try await client.stream("Hi").reply().toolCalls[0].arguments == "{}")
        }
    }

    @Test func `content in parts is read, streamed or not`() async throws {
        try await withFaults([
            .json(
                #"{"choices":[{"index":0,"message":{"role":"assistant","content":[{"type":"text","text":"hi"}]},"finish_reason":"stop"}]}"#
            )
        ]) { (client, server) async throws in
            #expect(try await client.chat("Hi").content == "hi")
            #expect(try await client.stream("Hi").reply().content == "hi")
        }
    }

    @Test func `reasoning is read from either member, also if the other is null`() async throws {
        try await withFaults([
            .streamHead, .event(FaultStep.chunk(delta: #"{"reasoning_content":null,"reasoning":"hm"}"#)), .delta("a"),
            .finish(), .done, .close,
        ]) { (client, server) async throws in
            #expect(try await client.stream("Hi").reply().reasoning == "hm")
        }
    }

    @Test func `a refusal stays in the conversation`() {
        let json: JSONObject = ["messages": [["role": "assistant", "content": .null, "refusal": "I will not"]]]
        let again = Client.ChatRequest(json: json).json
        #expect("\(again["messages"]!)".contains("I will not"), "\(again)")
    }
}
