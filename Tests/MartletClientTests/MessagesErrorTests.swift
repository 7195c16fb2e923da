import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Errors of Anthropic's Messages API, and what the client makes of them.
struct MessagesErrorTests {
    @Test(
        arguments: [
            (#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, 529, .overloaded),
            (#"{"type":"error","error":{"type":"rate_limit_error","message":"Slow"}}"#, 429, .rateLimit),
            (#"{"type":"error","error":{"type":"authentication_error","message":"No key"}}"#, 401, .auth),
            (#"{"type":"error","error":{"type":"permission_error","message":"No"}}"#, 403, .auth),
            (#"{"type":"error","error":{"type":"not_found_error","message":"model: m"}}"#, 404, .modelNotFound),
            (#"{"type":"error","error":{"type":"request_too_large","message":"Big"}}"#, 413, .contextOverflow),
            (#"{"type":"error","error":{"type":"api_error","message":"Broken"}}"#, 500, .serverError),
            (
                #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}}"#,
                400,
                .contextOverflow
            ),
            (
                #"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#,
                400, .billing
            ),
            (#"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens"}}"#, 400, .formatError),
        ] as [(String, Int, ClientError.Reason)])
    func `errors have the reasons of every API, and the request's id`(
        _ text: String, _ status: Int, _ reason: ClientError.Reason
    ) async throws {
        let response = FaultStep.json(text, status: status, fields: ["request-id": "req_1"])
        try await withFaults([response]) { (client, server) async throws in
            var client = client
            client.dialect = .messages
            let error = try #require(await failure { try await client.chat("Hi") })
            #expect((error.reason, error.status, error.requestID) == (reason, status, "req_1"))
            let temporary: [ClientError.Reason] = [.overloaded, .rateLimit, .serverError]
            #expect(server.requests.count == (temporary.contains(reason) ? 3 : 1))
            // A later event of a stream has the type instead of the status.
            let inStream = try await withFaults([
                .streamHead, .send(SampleReply.text(of: [SampleReply.messages.events[0]])),
                .send("event: error\n" + FaultStep.eventText(text)), .close,
            ]) { (client, _) async throws in
                var client = client
                client.dialect = .messages
                return await failure { try await client.stream("Hi").reply() }
            }
            #expect(inStream?.reason == reason)
        }
    }

    @Test func `an overloaded server is asked again`() async throws {
        let overloaded = FaultStep.json(SampleReply.messages.failure, status: 529)
        try await withFaults([overloaded], SampleReply.messages.script(isStreamed: false)) {
            (client, server) async throws in
            var client = client
            client.dialect = .messages
            #expect(try await client.chat("Hi").content == SampleReply.text)
            #expect(server.requests.count == 2)
        }
    }

    @Test func `only a model that does not support thinking loses it`() async throws {
        let refusal = { (message: String) in
            FaultStep.json(
                #"{"type":"error","error":{"type":"invalid_request_error","message":"\#(message)"}}"#, status: 400)
        }
        let request = Client.ChatRequest(messages: [.user("Hi")], thinking: .on)
        try await withFaults(
            [refusal("adaptive thinking is not supported on this model")],
            SampleReply.messages.script(isStreamed: false)
        ) { (client, server) async throws in
            var client = client
            client.dialect = .messages
            _ = try await client.chat(request)
            #expect(server.bodies.map { $0["thinking"] != nil } == [true, false])
        }
        try await withFaults([refusal("messages.1: Invalid `signature` in `thinking` block")]) {
            (client, server) async throws in
            var client = client
            client.dialect = .messages
            #expect(await failure { try await client.chat(request) }?.reason == .formatError)
            #expect(server.requests.count == 1)
        }
    }
}
