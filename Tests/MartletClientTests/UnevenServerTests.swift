import Logging
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletUV
import Testing

/// Servers as they are: what they send, leave out, mix up and refuse.
struct UnevenServerTests {
    @Test func `what a server refused is known to every client of it`() async throws {
        let ok: [FaultStep] = [.streamHead, .delta("a"), .finish(), .done, .close]
        try await withFaults([.failure(400, "unknown field stream_options")], ok) { (client, server) async throws in
            _ = try await client.stream("Hi").reply()
            let other = Client(server.url, model: "m", transport: client.transport)
            _ = try await other.stream("Hi").reply()
            #expect(server.requests.count == 3)
            #expect(server.bodies[2]["stream_options"] == nil)
        }
    }

    @Test func `calls that are refused at the same time are all asked once more`() async throws {
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

    @Test func `a server without base64 is asked for numbers`() async throws {
        try await withFaults(
            [.failure(400, "encoding_format base64 is not supported")],
            [.json(#"{"data":[{"index":0,"embedding":[1,2]}]}"#)]
        ) { (client, server) async throws in
            #expect(try await client.embed("a").vectors == [[1, 2]])
        }
    }

    @Test func `thoughts are read under either name, also beside a null`() async throws {
        try await withFaults([
            .streamHead, .event(FaultStep.chunk(delta: #"{"reasoning_content":null,"reasoning":"hm"}"#)), .delta("a"),
            .finish(), .done, .close,
        ]) { (client, server) async throws in
            #expect(try await client.stream("Hi").reply().reasoning == "hm")
        }
    }

    @Test(
        arguments: [
            #"{"error":{"message":"'messages.1': property 'reasoning_content' is unsupported","code":null}}"#,
            #"{"detail":[{"type":"extra_forbidden","loc":["body","messages",1,"reasoning_content"],"msg":"Extra"}]}"#,
        ])
    func `a server that refuses earlier thoughts is asked without them, and from then on`(_ refusal: String)
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

    @Test func `a role of null is the assistant`() async throws {
        try await withFaults([
            .json(#"{"choices":[{"index":0,"message":{"role":null,"content":"hi"},"finish_reason":"stop"}]}"#)
        ]) { (client, server) async throws in
            #expect(try await client.chat("Hi").content == "hi")
        }
    }

    @Test func `arguments of null are none`() async throws {
        try await withFaults([
            .json(
                #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":null}}]},"finish_reason":"tool_calls"}]}"#
            )
        ]) { (client, server) async throws in
            #expect(try await client.chat("Hi").toolCalls[0].arguments == "{}")
            #expect(try await client.stream("Hi").reply().toolCalls[0].arguments == "{}")
        }
    }

    @Test func `content in parts is read in a stream too`() async throws {
        try await withFaults([
            .json(
                #"{"choices":[{"index":0,"message":{"role":"assistant","content":[{"type":"text","text":"hi"}]},"finish_reason":"stop"}]}"#
            )
        ]) { (client, server) async throws in
            #expect(try await client.chat("Hi").content == "hi")
            #expect(try await client.stream("Hi").reply().content == "hi")
        }
    }

    @Test func `calls without ids in one reply are several, whole and streamed`() async throws {
        let reply =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"a","arguments":"{}"}},{"type":"function","function":{"name":"b","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#
        try await withFaults([.json(reply)]) { (client, server) async throws in
            let whole = try await client.chat("Hi").toolCalls
            let streamed = try await client.stream("Hi").reply().toolCalls
            #expect(whole.map(\.name) == ["a", "b"])
            #expect(streamed.map(\.name) == ["a", "b"], "\(streamed)")
        }
    }

    @Test func `calls without ids in one chunk are several`() async throws {
        let delta =
            #"{"tool_calls":[{"type":"function","function":{"name":"a","arguments":"{}"}},{"type":"function","function":{"name":"b","arguments":"{}"}}]}"#
        try await withFaults([.streamHead, .event(FaultStep.chunk(delta: delta)), .finish("tool_calls"), .done, .close])
        { (client, server) async throws in
            let streamed = try await client.stream("Hi").reply().toolCalls
            #expect(streamed.map(\.name) == ["a", "b"], "\(streamed)")
        }
    }

    @Test func `an error as plain JSON is found whatever its type is said to be`() async throws {
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

    @Test func `a page where a stream should be is a bad response`() async throws {
        try await withFaults([
            .head(200, ["Content-Type": "text/html", "Content-Length": "13"]), .send("<html></html>"),
        ]) { (client, server) async throws in
            let error = await failure { try await client.stream("Hi") }
            #expect(error?.reason == .badResponse)
            #expect(server.requests.count == 3)
        }
    }

    @Test func `an error with a status of success is tried again by its code`() async throws {
        let bad = FaultStep.json(#"{"error":{"message":"busy","code":503}}"#)
        try await withFaults([bad], [.reply("a")]) { (client, server) async throws in
            #expect(try await client.stream("Hi").reply().content == "a")
        }
        try await withFaults([bad], [.reply("a")]) { (client, server) async throws in
            #expect(try await client.chat("Hi").content == "a")
        }
    }

    @Test func `a peer that speaks no HTTP is no wrong request`() async throws {
        try await withFaults([.send("SSH-2.0-OpenSSH_9.2\r\nblah blah\r\n\r\n"), .close]) {
            (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect(error?.reason == .badResponse)
        }
    }

    @Test func `a switch to another protocol that nobody asked for is an error at once`() async throws {
        try await withFaults(
            [.send("HTTP/1.1 101 Switching Protocols\r\n\r\nhello"), .stall],
            timeouts: Timeouts(firstToken: .seconds(1))
        ) { (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect((error?.reason, error?.timeout) == (.badResponse, nil))
        }
    }

    @Test func `a refusal stays in the conversation`() {
        let json: JSONObject = ["messages": [["role": "assistant", "content": .null, "refusal": "I will not"]]]
        let again = Client.ChatRequest(json: json).json
        #expect("\(again["messages"]!)".contains("I will not"), "\(again)")
    }
}
