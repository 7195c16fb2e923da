import MartletClient
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// Errors in the less usual shapes, and what of them is passed on.
struct ErrorShapeTests {
    private static let gemini =
        #"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]"#

    @Test func `an error in an array is an error, by its status and without`() async throws {
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
    func `an event that is named error fails its stream, at the beginning and later`(
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

    @Test(arguments: RelayTestFrames.allCases)
    func `a relay passes on a short error without keys`(_ frames: RelayTestFrames) async throws {
        let secret = "sk-proj-abcdefghijklmnop0123456789"
        let long =
            "Wrong key \(secret), Bearer \(secret), other sk-other-ABCDEFGHIJKLMNOP, token 0123-field. "
            + String(repeating: "é", count: 9000)
        for script in [
            [FaultStep.failure(401, long)], [.streamHead, .delta("a"), .event(#"{"error":{"message":"\#(long)"}}"#)],
        ] {
            try await withFaults(script, retry: .none) { (client, _) async throws in
                var client = client
                client.apiKey = APIKey(secret)
                client.fields = ["X-Auth-Token": "0123-field"]
                let written = WrittenFrames()
                _ = await client.relay(.init(messages: [.user("Hi")]), to: written.sink, frames: frames.value)
                #expect(!written.text.contains("abcdefghijklmnop") && !written.text.contains("ABCDEFGHIJKLMNOP"))
                #expect(written.text.contains("Wrong key ***"))
                #expect(!written.text.contains("0123-field"))
                #expect(written.text.utf8.count < 1500)
                #expect(written.text.contains("[DONE]"))
            }
        }
    }

    enum RelayTestFrames: CaseIterable {
        case content, openAI
        var value: RelayFrames { self == .content ? .content : .openAI }
    }

    @Test func `a finish reason prints as its word`() {
        #expect("\(FinishReason.toolCalls)" == "tool_calls")
        #expect(String(describing: FinishReason(rawValue: "eos")) == "eos")
    }
}
