import Foundation
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Replies of the Messages and the Responses API, complete and streamed.
struct DialectReplyTests {
    private func expectSample(_ reply: ChatReply, _ sample: SampleReply) {
        #expect((reply.id.isEmpty, reply.model) == (false, "m-1"))
        #expect(reply.content == SampleReply.text)
        #expect(reply.reasoning == SampleReply.reasoning)
        #expect(reply.toolCalls == SampleReply.calls)
        #expect((reply.finishReason, reply.role) == (.toolCalls, .assistant))
        #expect((reply.usage?.promptTokens, reply.usage?.completionTokens) == (30, 20))
        #expect(reply.usage?.cachedTokens == 10)
        let blocks =
            sample.dialect == .messages
            ? [SampleReply.thinkingBlock, SampleReply.redactedBlock] : [SampleReply.reasoningItem]
        #expect(reply.message.reasoningBlocks.map { Self.sorted(.object($0.block)) } == blocks.map(Self.sorted))
    }

    /// The members of an object without their order.
    private static func sorted(_ value: JSONValue) -> [String] {
        (value.object ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
    }

    @Test func `the samples are what the schemas of the APIs allow`() throws {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures").standardized
        for (sample, file, name) in [
            (SampleReply.messages, "anthropic/messages.json", "Message"),
            (SampleReply.responses, "openai/responses.json", "Response"),
        ] {
            let document = try JSONValue(parsing: [UInt8](Data(contentsOf: fixtures.appending(path: file))))
            let schema = MartletTestSupport.JSONSchema(document: document)
            let all = document["components"]?["schemas"]?.object ?? [:]
            for event in sample.events where !"\(event)".contains("redacted_thinking") {
                let type = event["type"]?.string ?? ""
                // OpenAI has a schema for each type, Anthropic one for all.
                let own = all.first {
                    $0.key.hasSuffix("Event") && $0.value["properties"]?["type"]?["enum"] == [.string(type)]
                }
                let faults = schema.faults(of: event, as: own?.key ?? (type == "ping" ? "Ping" : "Event"))
                #expect(faults == [], "\(type)")
            }
            // The schema has no redacted thinking, which only Anthropic's servers send.
            var whole = sample.whole.object ?? [:]
            if let blocks = whole["content"]?.array {
                whole["content"] = .array(blocks.filter { $0["type"] != "redacted_thinking" })
            }
            #expect(schema.faults(of: .object(whole), as: name) == [])
        }
    }

    @Test(arguments: SampleReply.all, [false, true])
    func `a reply is the same complete and streamed`(_ sample: SampleReply, _ isStreamed: Bool) async throws {
        try await withFaults(sample.script(isStreamed: isStreamed)) { (client, server) async throws in
            var client = client
            client.dialect = sample.dialect
            let reply = try await isStreamed ? client.stream("Hi").reply() : client.chat("Hi")
            expectSample(reply, sample)
            #expect(server.requests.map(\.head.path) == [sample.path])
            #expect(server.bodies.first?["stream"] == (isStreamed ? true : nil))
        }
    }

    @Test(arguments: SampleReply.all)
    func `a complete reply is accepted where a stream was requested`(_ sample: SampleReply) async throws {
        try await withFaults(sample.script(isStreamed: false)) { (client, _) async throws in
            var client = client
            client.dialect = sample.dialect
            let stream = try await client.stream("Hi")
            expectSample(try await stream.reply(), sample)
            #expect(stream.ending?.name == "finished tool_calls")
        }
    }

    @Test(arguments: SampleReply.all)
    func `a stream may be split at any byte`(_ sample: SampleReply) async throws {
        let bytes = Array(SampleReply.text(of: sample.events).utf8)
        for place in bytes.indices {
            let transport = ScriptedTransport { (_) async throws(TransportError) in
                let head = IncomingHead(.ok, fields: ["Content-Type": "text/event-stream"])
                return (head, [Array(bytes[..<place]), Array(bytes[place...])].filter { !$0.isEmpty })
            }
            let client = Client("http://h", model: "m", dialect: sample.dialect, transport: transport)
            let reply = try await client.stream("Hi").reply()
            let isWhole =
                reply.content == SampleReply.text && reply.reasoning == SampleReply.reasoning
                && reply.toolCalls == SampleReply.calls && reply.usage?.totalTokens == 50
            try #require(isWhole, "split at byte \(place)")
        }
    }

    @Test(arguments: SampleReply.all)
    func `a stream that ends before its last event is incomplete`(_ sample: SampleReply) async throws {
        for count in 1..<sample.events.count {
            let isSilent = sample.events[..<count].allSatisfy { $0["type"] == "ping" }
            try #require(!isSilent)
            try await withFaults(sample.script(isStreamed: true, count: count)) { (client, _) async throws in
                var client = client
                client.dialect = sample.dialect
                let stream = try await client.stream("Hi")
                #expect(await stream.drained().ending?.name == "interrupted", "\(count) events")
                #expect(SampleReply.text.hasPrefix(stream.replySoFar.content))
                let error = await failure { try await stream.reply() }
                #expect(error?.reason == .interrupted)
                #expect(
                    error?.message.contains(sample.dialect == .messages ? "message_stop" : "response.completed") == true
                )
            }
        }
    }

    @Test(arguments: SampleReply.all)
    func `a stream is complete with its last event, whatever the connection does`(_ sample: SampleReply) async throws {
        let all = FaultStep.send(SampleReply.text(of: sample.events))
        for end in [[FaultStep.stall], [.reset], [.done, .close], [.close]] {
            try await withFaults([.streamHead, all] + end) { (client, _) async throws in
                var client = client
                client.dialect = sample.dialect
                #expect(try await client.stream("Hi").drained().ending?.name == "finished tool_calls")
            }
        }
    }

    @Test(arguments: SampleReply.all)
    func `an error in a stream fails it, and at its beginning it is the error of the call`(
        _ sample: SampleReply
    ) async throws {
        let name = sample.dialect == .messages ? "event: error\n" : "event: response.failed\n"
        let failed = FaultStep.send(name + FaultStep.eventText(sample.failure))
        let unnamed = FaultStep.event(sample.failure)
        for event in [failed, unnamed] {
            let later: [FaultStep] = [.streamHead, .send(SampleReply.text(of: [sample.events[0]])), event, .stall]
            try await withFaults([.streamHead, event, .close], later, retry: .none) { (client, server) async throws in
                var client = client
                client.dialect = sample.dialect
                let first = await failure { try await client.stream("Hi") }
                let stream = try await client.stream("Hi")
                let second = await failure { try await stream.reply() }
                #expect(stream.ending?.name == "failed")
                for error in [first, second] {
                    #expect(error?.message == "Overloaded")
                    #expect(error?.isRetryable == true)
                    if sample.dialect == .messages { #expect(error?.reason == .overloaded) }
                }
                try await eventually { server.openConnections == 0 }
            }
        }
    }

    @Test(arguments: SampleReply.all)
    func `unknown events, blocks and members are ignored, and so is what is not JSON`(
        _ sample: SampleReply
    ) async throws {
        let odd: [JSONValue] = [
            ["type": "unheard.of", "delta": "x"], ["type": 7], [1, 2], .null, [:],
            ["type": "content_block_start", "index": 90, "content_block": ["type": "server_tool_use", "id": "s"]],
            ["type": "content_block_delta", "index": 90, "delta": ["type": "citations_delta", "citation": [:]]],
            ["type": "content_block_delta", "index": 91, "delta": "x"], ["type": "content_block_stop", "index": 90],
            [
                "type": "response.output_item.added", "output_index": 90,
                "item": ["type": "web_search_call", "id": "ws_1", "status": "completed"],
            ],
            ["type": "response.output_text.annotation.added", "output_index": 1, "annotation": [:]],
            ["type": "response.output_item.done", "output_index": 90, "item": ["type": "web_search_call"]],
        ]
        var text = SampleReply.text(of: [sample.events[0]])
        for event in sample.events.dropFirst() {
            text += SampleReply.text(of: odd) + FaultStep.eventText("no json") + SampleReply.text(of: [event])
        }
        try await withFaults([.streamHead, .send(text), .close]) { (client, _) async throws in
            var client = client
            client.dialect = sample.dialect
            let stream = try await client.stream("Hi")
            expectSample(try await stream.reply(), sample)
        }
    }

    @Test(arguments: SampleReply.all)
    func `what is not a reply of the API is a bad response`(_ sample: SampleReply) async throws {
        for text in ["{}", "[]", "x", #"{"choices":[{"message":{"content":"a"}}]}"#, #"{"type":"message","id":"x"}"#] {
            try await withFaults([.json(text)], retry: .none) { (client, _) async throws in
                var client = client
                client.dialect = sample.dialect
                #expect(await failure { try await client.chat("Hi") }?.reason == .badResponse, "\(text)")
            }
        }
    }

    @Test func `pings do not prolong the wait for a token`() async throws {
        let start = SampleReply.text(of: Array(SampleReply.messages.events.prefix(4)))
        let ping = SampleReply.text(of: [["type": "ping"]])
        let pings = (0..<200).flatMap { _ in [FaultStep.delay(.milliseconds(20)), .send(ping)] }
        var timeouts = Timeouts()
        timeouts.idle = .milliseconds(300)
        try await withFaults([.streamHead, .send(start)] + pings + [.stall], timeouts: timeouts) {
            (client, _) async throws in
            var client = client
            client.dialect = .messages
            let error = await failure { try await client.stream("Hi").reply() }
            #expect(error?.timeout == .idle)
        }
    }

    @Test(
        arguments: [
            ("end_turn", .stop), ("stop_sequence", .stop), ("max_tokens", .length),
            ("model_context_window_exceeded", .length), ("tool_use", .toolCalls), ("refusal", .contentFilter),
            ("pause_turn", FinishReason(rawValue: "pause_turn")),
        ] as [(String, FinishReason)])
    func `stop reasons are the finish reasons of chats`(_ word: String, _ reason: FinishReason) async throws {
        var message = SampleReply.messages.whole.object ?? [:]
        message["stop_reason"] = .string(word)
        message["stop_sequence"] = "END"
        try await withFaults([.json("\(JSONValue.object(message))")]) { (client, _) async throws in
            var client = client
            client.dialect = .messages
            let reply = try await client.chat("Hi")
            #expect(reply.finishReason == reason)
            #expect(reply.choices.first?.json["stop_reason"]?.string == word)
            #expect(reply.choices.first?.json["stop_sequence"] == "END")
        }
    }

    @Test(
        arguments: [
            ("max_output_tokens", .length), ("content_filter", .contentFilter),
        ] as [(String, FinishReason)])
    func `an incomplete response has its reason, complete and streamed`(
        _ word: String, _ reason: FinishReason
    ) async throws {
        var response = SampleReply.responses.whole.object ?? [:]
        response["status"] = "incomplete"
        response["incomplete_details"] = ["reason": .string(word)]
        let events =
            SampleReply.responses.events.dropLast() + [
                ["type": "response.incomplete", "response": .object(response)]
            ]
        try await withFaults(
            [.json("\(JSONValue.object(response))")],
            [.streamHead, .send(SampleReply.text(of: Array(events))), .close]
        ) { (client, _) async throws in
            #expect(try await client.respond("Hi").finishReason == reason)
            let stream = try await client.stream(.init(input: "Hi"))
            #expect(await stream.drained().ending?.name == "finished \(reason)")
        }
    }

    @Test func `a response that failed is an error`() async throws {
        for error in [#"{"code":"rate_limit_exceeded","message":"Slow down"}"#, "null"] {
            let text = #"{"id":"r","object":"response","status":"failed","error":\#(error),"output":[]}"#
            try await withFaults([.json(text)], retry: .none) { (client, _) async throws in
                let failed = await failure { try await client.respond("Hi") }
                #expect(failed?.reason == (error == "null" ? .serverError : .rateLimit))
                #expect(failed?.message.isEmpty == false)
            }
        }
    }

    @Test func `an event with only an error's members fails a response's stream`() async throws {
        let event = #"{"type":"error","code":"rate_limit_exceeded","message":"Slow down","param":null}"#
        for named in ["event: error\n", ""] {
            let script = [FaultStep.streamHead, .send(named + FaultStep.eventText(event)), .close]
            try await withFaults(script, retry: .none) { (client, _) async throws in
                let error = await failure { try await client.stream(.init(input: "Hi")) }
                #expect((error?.message, error?.code, error?.type) == ("Slow down", "rate_limit_exceeded", nil))
                #expect(error?.reason == .rateLimit)
            }
        }
    }

    @Test func `a response that is only in its last event is read from there`() async throws {
        let last = [SampleReply.responses.events.last].compactMap { $0 }
        try await withFaults([.streamHead, .send(SampleReply.text(of: last)), .close]) { (client, _) async throws in
            expectSample(try await client.stream(.init(input: "Hi")).reply(), .responses)
        }
    }

    @Test func `log-probabilities and refusals of a response are those of a chat`() async throws {
        let token = #"{"token":"No","logprob":-0.5,"bytes":[78,111],"top_logprobs":[]}"#
        let part = #"{"type":"output_text","text":"No","annotations":[],"logprobs":[\#(token)]}"#
        let item =
            #"{"id":"m","type":"message","role":"assistant","status":"completed","content":[\#(part),"#
            + #"{"type":"refusal","refusal":"I cannot."}]}"#
        let text = #"{"id":"r","object":"response","status":"completed","error":null,"output":[\#(item)]}"#
        try await withFaults([.json(text)]) { (client, _) async throws in
            let reply = try await client.respond("Hi")
            #expect(reply.choices.first?.logprobs?["content"]?[0]?["token"] == "No")
            #expect(reply.message.content.map(\.kind) == [.text, .refusal])
        }
    }
}
