import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Parameters that a server has refused are not sent to it again.
struct ServerQuirksTests {
    private static let stream: [FaultStep] = [.streamHead, .delta("Hi!"), .finish(), .done, .close]

    // Checklist row S3-11.
    @Test func `stream_options are left out after a refusal, and the request is sent again`() async throws {
        for status in [400, 422] {
            try await withFaults(
                [.failure(status, "Unknown field: stream_options")], Self.stream, retry: .none
            ) { (client, server) async throws in
                _ = try await client.stream("Hi").reply()
                _ = try await client.stream("Hi").reply()
                let hasOptions = server.bodies.map { $0["stream_options"] != nil }
                #expect(hasOptions == [true, false, false])
            }
        }
        try await withFaults([.failure(400, "stream_options")], retry: .none) { (client, server) async throws in
            #expect(await failure { try await client.stream("Hi") }?.status == 400)
            #expect(server.requests.count == 2)
        }
        try await withFaults([.failure(400, "something else")], retry: .none) { (client, server) async throws in
            #expect(await failure { try await client.stream("Hi") }?.status == 400)
            #expect(server.requests.count == 1)
        }
    }

    // Checklist row S4-src-20.
    @Test func `thinking is left out after a model's refusal, and the request is sent again`() async throws {
        try await withFaults(
            [.failure(400, "this model does not support thinking")], [.reply("a")], retry: .none
        ) { (client, server) async throws in
            for _ in 0..<2 {
                _ = try await client.chat(.init(messages: [.user("Hi")], temperature: 0.5, thinking: .on))
            }
            _ = try await client.chat(.init(messages: [.user("Hi")], model: "other", thinking: .on))
            let bodies = server.bodies
            #expect(bodies.map { $0["reasoning_effort"] } == ["medium", nil, nil, "medium"])
            #expect(bodies[1]["temperature"] == 0.5)
        }
    }

    @Test func `a refusal is known to every client of the server`() async throws {
        let ok: [FaultStep] = [.streamHead, .delta("a"), .finish(), .done, .close]
        try await withFaults([.failure(400, "unknown field stream_options")], ok) { (client, server) async throws in
            _ = try await client.stream("Hi").reply()
            let other = Client(server.url, model: "m", transport: client.transport)
            _ = try await other.stream("Hi").reply()
            #expect(server.requests.count == 3)
            #expect(server.bodies[2]["stream_options"] == nil)
        }
    }

    @Test func `concurrent calls that are refused are all sent again`() async throws {
        let gate = Gate()
        let refuse: [FaultStep] = [.wait(for: gate), .failure(400, "unknown field stream_options")]
        let ok: [FaultStep] = [.streamHead, .delta("a"), .finish(), .done, .close]
        try await withFaults(refuse, refuse, refuse, ok) { (client, server) async throws in
            let tasks = (0..<3).map { _ in Task { try await client.stream("Hi").reply().content } }
            try await eventually { server.requests.count == 3 }
            gate.open()
            for task in tasks {
                let result = await task.result
                #expect(throws: Never.self) { try result.get() }
            }
        }
    }

    @Test func `after a refusal of base64 vectors are requested as numbers`() async throws {
        try await withFaults(
            [.failure(400, "encoding_format base64 is not supported")],
            [.json(#"{"data":[{"index":0,"embedding":[1,2]}]}"#)]
        ) { (client, server) async throws in
            #expect(try await client.embed("a").vectors == [[1, 2]])
        }
    }

    @Test(
        arguments: [
            #"{"error":{"message":"'messages.1': property 'reasoning_content' is unsupported","code":null}}"#,
            #"{"detail":[{"type":"extra_forbidden","loc":["body","messages",1,"reasoning_content"],"msg":"Extra"}]}"#,
        ])
    func `reasoning of earlier replies is left out after a refusal`(_ refusal: String)
        async throws
    {
        try await withFaults([.json(refusal, status: 422)], [.reply("ok")]) { (client, server) async throws in
            var answer = ChatMessage.assistant("4")
            answer.reasoning = "2 and 2"
            let messages: [ChatMessage] = [.user("2 + 2?"), answer, .user("sure?")]
            #expect(try await client.chat(messages).content == "ok")
            _ = try await client.chat(messages)
            let sent = server.bodies.map { "\($0["messages"] ?? .null)".contains("reasoning_content") }
            #expect(sent == [true, false, false])
        }
    }
}
