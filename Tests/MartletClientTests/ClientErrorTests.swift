import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Errors in every shape that servers use, and what they say.
struct ClientErrorTests {
    private static let gemini =
        #"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]"#

    // Checklist rows S3-19, S3-20, S3-21.
    @Test func `an error is described in one line, and has the complete body`() async throws {
        let long = String(repeating: "é", count: 400)
        let cases: [(Int, String, String)] = [
            (429, "no", "llm: 429 rate limit (retry-after: 7): no"),
            (503, "no", "llm: 503 overloaded (retry-after: 7): no"),
            (418, "no", "llm: http 418 (retry-after: 7): no"),
            (500, long, "llm: http 500 (retry-after: 7): \(String(repeating: "é", count: 250))..."),
        ]
        for (status, message, description) in cases {
            try await withFaults(
                [.failure(status, message, code: "x", fields: ["Retry-After": "7"])], retry: .none
            ) { (client, _) async throws in
                let error = await failure { try await client.chat("Hi") }
                #expect(error?.description == description)
                #expect(error?.message == message)
                #expect((error?.code, error?.type, error?.retryAfter) == ("x", "t", .seconds(7)))
                #expect(error.map { String(decoding: $0.body, as: UTF8.self).contains(message) } == true)
            }
        }
        try await withFaults([.json("", status: 500)], retry: .none) { (client, _) async throws in
            #expect(await failure { try await client.chat("Hi") }?.description == "llm: http 500")
        }
    }

    // Checklist row S3-19.
    @Test(
        arguments: [
            (#"{"error":{"message":"m","type":"t","code":429,"param":"p"}}"#, "m", "429"),
            (#"{"error":"m"}"#, "m", nil), (#"{"object":"error","message":"m","code":"c"}"#, "m", "c"),
            (#"{"detail":"m"}"#, "m", nil), (#"{"detail":[{"loc":["body"],"msg":"m"}]}"#, "m", nil),
            (#"{"message":["m","n"]}"#, "m; n", nil), ("plain words", "plain words", nil),
        ] as [(String, String, String?)])
    func `an error is found in every shape that servers use`(
        _ body: String, _ message: String, _ code: String?
    ) async throws {
        try await withFaults([.json(body, status: 400)], retry: .none) { (client, _) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect((error?.message, error?.code) == (message, code))
        }
    }

    // Checklist rows S3-22, S3-24.
    @Test func `an undecodable response names the step that failed`() async throws {
        for (body, description) in [
            ("no json", "llm: decode response"), ("", "llm: decode response"), ("[1]", "llm: decode response"),
            (#"{"choices":[]}"#, "llm: response has no choices"),
            (#"{"object":"list"}"#, "llm: response has no choices"),
        ] {
            try await withFaults([.json(body)]) { (client, server) async throws in
                let error = await failure { try await client.chat("Hi") }
                #expect(error?.description.hasPrefix(description) == true)
                #expect(error.map { String(decoding: $0.body, as: UTF8.self) } == body)
                #expect((server.requests.count, error?.attempts) == (3, 3))
            }
        }
        let refused = Client("http://127.0.0.1:\(try FaultServer.refusedPort())", model: "m", retry: .none)
        #expect(await failure { try await refused.chat("Hi") }?.description.hasPrefix("llm: http: ") == true)
        try await withFaults([.head(200, ["Content-Length": "9"]), .close], retry: .none) { (client, _) async throws in
            #expect(await failure { try await client.chat("Hi") }?.description.hasPrefix("llm: read body: ") == true)
        }
        let unsupported = Client("gopher://x", model: "m")
        #expect(
            await failure { try await unsupported.chat("Hi") }?.description.hasPrefix("llm: build request: ") == true)
    }

    // Checklist row S3-33.
    @Test func `an error in a stream is classified by its type`() async throws {
        let error = FaultStep.event(#"{"error":{"message":"x","type":"rate_limit_error"}}"#)
        try await withFaults([.streamHead, .delta("a"), error]) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            #expect(await failure { try await stream.reply() }?.reason == .rateLimit)
        }
    }

    // Checklist rows S4-src-9, S4-src-10.
    @Test(
        arguments: [
            (401, nil, .auth), (403, nil, .auth), (402, nil, .billing), (429, "insufficient_quota", .billing),
            (429, nil, .rateLimit), (503, nil, .overloaded), (529, nil, .overloaded), (500, nil, .serverError),
            (502, nil, .serverError), (504, nil, .timeout), (408, nil, .timeout), (413, nil, .contextOverflow),
            (400, "context_length_exceeded", .contextOverflow), (404, "model_not_found", .modelNotFound),
            (404, nil, .unknown), (400, nil, .formatError), (422, nil, .formatError), (501, nil, .notSupported),
            (418, nil, .unknown),
        ] as [(Int, String?, ClientError.Reason)])
    func `an error's reason says what can be done`(
        _ status: Int, _ code: String?, _ reason: ClientError.Reason
    ) async throws {
        try await withFaults([.failure(status, code: code)], retry: .none) { (client, _) async throws in
            let error = try #require(await failure { try await client.chat("Hi") })
            #expect(error.reason == reason)
            let temporary: [ClientError.Reason] = [.rateLimit, .overloaded, .serverError, .timeout]
            #expect(error.isRetryable == temporary.contains(reason))
            #expect(error.shouldCompress == (reason == .contextOverflow))
            let permanent: [ClientError.Reason] = [.formatError, .contextOverflow, .unknown]
            #expect(error.shouldFallBack == !permanent.contains(reason))
        }
    }

    // Checklist row S4-src-9.
    @Test func `a context overflow is recognised by its message too`() async throws {
        for words in ["This model's maximum context length is 8", "request exceeds the available context size"] {
            try await withFaults([.failure(400, words)], retry: .none) { (client, _) async throws in
                #expect(await failure { try await client.chat("Hi") }?.shouldCompress == true)
            }
        }
    }

    // Checklist row S4-src-11.
    @Test func `a long message is cut at 500 bytes in the description`() {
        var error = ClientError(.unknown, String(repeating: "漢", count: 300))
        error.status = 418
        #expect(error.description == "llm: http 418: " + String(repeating: "漢", count: 166) + "...")
        #expect(error.message.count == 300)
    }

    @Test func `an error in an array is an error, with any status`() async throws {
        for script in [
            [FaultStep.json(Self.gemini, status: 400)], [.json(Self.gemini)],
            [.streamHead, .event(Self.gemini), .close], [.streamHead, .send(Self.gemini), .close],
        ] {
            try await withFaults(script, retry: .none) { (client, _) async throws in
                let error = try #require(await failure { try await client.stream("Hi").reply() })
                #expect(error.message == "API key not valid.")
                #expect((error.status, error.code, error.reason) == (400, "400", .formatError))
            }
        }
        try await withFaults([.json(Self.gemini)]) { (client, _) async throws in
            #expect(await failure { try await client.chat("Hi") }?.message == "API key not valid.")
        }
    }

    @Test(
        arguments: [
            (#"{"message":"too much","type":"overloaded_error"}"#, "too much", .overloaded),
            (#"{"type":"error","error":{"type":"overloaded_error","message":"too much"}}"#, "too much", .overloaded),
            (#""too much""#, "too much", .serverError), ("too much", "too much", .serverError),
            (#"{"error":"too much"}"#, "too much", .serverError),
            ("{}", "The server reported an error and did not say which.", .serverError),
            ("null", "The server reported an error and did not say which.", .serverError),
        ] as [(String, String, ClientError.Reason)])
    func `an event named error fails its stream, at the beginning and later`(
        _ data: String, _ message: String, _ reason: ClientError.Reason
    ) async throws {
        let event = FaultStep.send("event: error\n" + FaultStep.eventText(data))
        for script in [[.streamHead, event, .close], [.streamHead, .delta("a"), event, .close]] {
            try await withFaults(script, retry: .none) { (client, _) async throws in
                let error = try #require(await failure { try await client.stream("Hi").reply() })
                #expect((error.message, error.reason) == (message, reason))
            }
        }
    }

    @Test func `an error as plain JSON is found with any content type`() async throws {
        for head in [
            FaultStep.head(200, ["Connection": "close"]),
            .head(200, ["Content-Type": "text/plain", "Connection": "close"]),
        ] {
            try await withFaults([head, .send(#"{"error":{"message":"model is on fire"}}"#), .close]) {
                (client, server) async throws in
                let error = await failure { try await client.stream("Hi") }
                #expect(error?.message.contains("on fire") == true)
            }
        }
    }

    @Test func `an HTML page instead of a stream is a bad response`() async throws {
        try await withFaults([
            .head(200, ["Content-Type": "text/html", "Content-Length": "13"]), .send("<html></html>"),
        ]) { (client, server) async throws in
            let error = await failure { try await client.stream("Hi") }
            #expect(error?.reason == .badResponse)
            #expect(server.requests.count == 3)
        }
    }

    @Test func `an error has the number of attempts`() async throws {
        try await withFaults([.failure(503)], [.json(#"{"error":{"message":"x","type":"invalid_request_error"}}"#)]) {
            (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect((server.requests.count, error?.attempts) == (2, 2))
        }
        try await withFaults([.failure(503)], [.streamHead, .delta("a"), .close]) { (client, server) async throws in
            let error = await failure { try await client.stream("Hi").reply() }
            #expect((server.requests.count, error?.attempts) == (2, 2))
        }
    }

    @Test func `an error whose body stalls keeps its status`() async throws {
        try await withFaults(
            [.head(503, ["Content-Length": "50"]), .send("{"), .stall], [.reply("a")],
            timeouts: Timeouts(firstToken: .milliseconds(500))
        ) { (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect(error == nil || error?.status == 503, "\(String(describing: error))")
        }
    }

    @Test func `a finish reason prints as its word`() {
        #expect("\(FinishReason.toolCalls)" == "tool_calls")
        #expect(String(describing: FinishReason(rawValue: "eos")) == "eos")
    }
}
