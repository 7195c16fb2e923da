import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Testing

/// Anthropic's API over a socket: frames, heartbeats, failures, and clients that disconnect or do not read.
@Suite(.serialized)
struct MessagesWireTests {
    @Test func `a message is one object with an id of the request`() async throws {
        try await withClient(of: ScriptedBackend([.text("Hel"), .text("lo")])) { client, _ in
            let response = try await client.ask(
                .post, "/v1/messages?beta=true",
                fields: [
                    "anthropic-version": "2026-10-21", "anthropic-beta": "whatever-2030-01-01", "x-request-id": "r",
                ],
                body: #"{"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#)
            var members = try #require(response.json().object)
            #expect(members["id"]?.string?.hasPrefix("msg_") == true)
            members["id"] = nil
            #expect(
                members == [
                    "type": "message", "role": "assistant", "model": "scripted",
                    "content": [["type": "text", "text": "Hello"]], "stop_reason": "end_turn", "stop_sequence": .null,
                    "usage": [
                        "input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                        "output_tokens": 2,
                    ],
                ])
            #expect(response[field: "request-id"] == "r")
            #expect(response[field: "Content-Type"] == "application/json")
        }
    }

    @Test func `a stream has its frames in Anthropic's order`() async throws {
        let backend = ScriptedBackend([.emit(.reasoning("hm")), .text("a")])
        try await withClient(of: backend) { client, _ in
            let response = try await client.messages(#""stream":true"#)
            let names = response.events.map { $0.split(separator: "\n").first.map(String.init) ?? "" }
            #expect(
                names
                    == [
                        "message_start", "ping", "content_block_start", "content_block_delta", "content_block_delta",
                        "content_block_stop", "content_block_start", "content_block_delta", "content_block_stop",
                        "message_delta", "message_stop",
                    ].map { "event: \($0)" })
            let events = try response.messagesEvents()
            #expect(events[2]["delta"] == ["type": "thinking_delta", "thinking": "hm"])
            #expect(events[3]["delta"] == ["type": "signature_delta", "signature": "martlet.1"])
            #expect(response[field: "Cache-Control"] == "no-cache")
        }
    }

    @Test func `a stream whose backend is silent has its head, its beginning and pings`() async throws {
        let gate = Gate()
        var configuration = ServerConfiguration(port: 0)
        configuration.limits.headWait = .milliseconds(1)
        configuration.limits.heartbeatInterval = .milliseconds(1)
        try await withClient(of: ScriptedBackend([.wait(for: gate), .text("a")]), configuration) { client, _ in
            try await client.sendMessages(#""stream":true"#)
            #expect(try await client.receiveHead().status.code == 200)
            #expect(try await client.receiveEvent()?.hasPrefix("event: message_start\n") == true)
            for _ in 0..<3 {
                #expect(try await client.receiveEvent() == "event: ping\ndata: {\"type\":\"ping\"}\n\n")
            }
            gate.open()
            var last: String?
            while let event = try await client.receiveEvent() { last = event }
            #expect(last == "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
        }
    }

    // MARK: Failures

    private static let types = [
        400: "invalid_request_error", 404: "not_found_error", 409: "invalid_request_error", 429: "rate_limit_error",
        500: "api_error", 501: "api_error", 503: "overloaded_error", 504: "timeout_error",
    ]

    @Test(arguments: WireFailureTests.failures)
    func `an error is a status, and after the first event an event without message_stop`(
        failure: WireFailureTests.Failure
    ) async throws {
        let type = try #require(Self.types[failure.status])
        try await withClient(of: ScriptedBackend([.fail(failure.error)])) { client, _ in
            for more in ["", #""stream":true"#] {
                let response = try await client.messages(more)
                let message = try response.expectMessagesError(failure.status == 503 ? 529 : failure.status, type)
                #expect(!message.contains("hunter2"))
                #expect((response[field: "Retry-After"] != nil) == [429, 503].contains(failure.status))
            }
        }
        try await withClient(of: ScriptedBackend([.text("a"), .fail(failure.error)])) { client, _ in
            let response = try await client.messages(#""stream":true"#)
            let events = try response.messagesEvents()
            #expect(
                events.map { $0["type"] } == ["message_start", "content_block_start", "content_block_delta", "error"])
            #expect(events.last?["error"]?["type"] == .string(type))
            #expect(events.last?["request_id"] == response[field: "request-id"].map(JSONValue.string))
            #expect(try await client.ask(.get, "/health").code == 200, "the connection goes on")
        }
    }

    @Test func `errors of the context have the sentences that Anthropic's clients look for`() async throws {
        let room = BackendError.contextLengthExceeded(
            "messages", promptTokens: 90, completionTokens: 20, contextLength: 100)
        let long = BackendError.contextLengthExceeded("messages", promptTokens: 900, contextLength: 100)
        let other = OpenAIError.contextLengthExceeded("messages", "Too long.")
        for (error, sentence) in [
            (
                room as any Error,
                "input length and `max_tokens` exceed context limit: 90 + 20 > 100, decrease input length or "
                    + "`max_tokens` and try again"
            ), (long, "prompt is too long: 900 tokens > 100 maximum"), (other, "prompt is too long: Too long."),
        ] {
            try await withClient(of: ScriptedBackend([.fail(error)])) { client, _ in
                let message = try await client.messages().expectMessagesError(400, "invalid_request_error")
                #expect(message == sentence)
            }
        }
    }

    @Test func `a backend's error names the parameter as this API does`() async throws {
        let error = BackendError.invalidValue("response_format", "`response_format` cannot be followed.")
        try await withClient(of: ScriptedBackend([.fail(error)])) { client, _ in
            let message = try await client.messages().expectMessagesError(400, "invalid_request_error")
            #expect(message == "`output_config.format` cannot be followed.")
        }
    }

    @Test func `a body that is too long or malformed is refused in Anthropic's envelope`() async throws {
        try await withClient(of: ScriptedBackend(), .with(\.limits.maximumBodyBytes, 100)) { _, server in
            for (rest, status, type) in [
                ("Content-Length: 101\r\n\r\n", 413, "request_too_large"),
                ("Transfer-Encoding: chunked\r\n\r\nx\r\n", 400, "invalid_request_error"),
            ] {
                let client = try await RawClient(server)
                try await client.send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n\(rest)")
                try await client.receiveResponse().expectMessagesError(status, type, hasID: false)
                await client.close()
            }
        }
    }

    // MARK: Clients that disconnect or do not read

    private static let piece = String(repeating: "x", count: 8 * 1024)
    private let endless = ScriptedBackend(Array(repeating: .text(piece), count: 1024))

    @Test func `a client that does not read pauses its backend, and disconnecting ends it`() async throws {
        try await withClient(of: endless) { other, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendMessages(#""stream":true,"max_tokens":9999"#)
            let generated = try await stalledTokenCount(of: server)
            #expect(generated < 1024)
            #expect(try await other.ask(.get, "/health").code == 200)
            await client.reset()
            try await eventually { endless.cancelled == 1 && server.counters.tasks == 0 }
            #expect(server.counters.openStreams == 0)
        }
    }

    @Test func `the end of a server ends an open stream with an event`() async throws {
        let backend = ScriptedBackend([.text("a"), .hang])
        try await withClient(of: backend) { client, server in
            try await client.sendMessages(#""stream":true"#)
            try await eventually { server.counters.generatedTokens == 1 }
            server.shutdown()
            let events = try await client.receiveResponse().messagesEvents()
            #expect(events.last?["type"] == "error")
            #expect(events.last?["error"]?["type"] == "overloaded_error")
            try await eventually { backend.cancelled == 1 }
        }
    }

    @Test func `a backend that is not ready is an overload`() async throws {
        let backend = ScriptedBackend()
        backend.isReady = false
        try await withClient(of: backend) { client, _ in
            let response = try await client.messages()
            try response.expectMessagesError(529, "overloaded_error")
            #expect(response[field: "Retry-After"] != nil)
        }
    }
}
