import Martlet
import MartletGateway
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// Upstreams that fail, at each phase of an answer.
@Suite(.serialized)
struct FailureTests {
    private static let models =
        #"{"object":"list","data":[{"id":"fault","object":"model","created":1,"owned_by":"x"}]}"#
    private static let whole =
        #"{"id":"c","object":"chat.completion","created":1,"model":"fault","choices":[{"index":0,"message":"#
        + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#
    private static let body = #"{"model":"fault","messages":[{"role":"user","content":"Hi"}]}"#
    private static let streamed = #"{"model":"fault","messages":[{"role":"user","content":"Hi"}],"stream":true}"#
    private static let chat = "/v1/chat/completions"

    private static func upstream(_ server: FaultServer, _ name: String, priority: Int = 0) -> Upstream {
        var upstream = Upstream(server.url, name: name, models: ["fault": "fault"])
        upstream.priority = priority
        return upstream
    }

    /// An upstream that fails is asked first, and one that does not is the other.
    private func withTwo(
        _ faults: [FaultStep],
        _ body: nonisolated(nonsending) (RawClient, FaultServer, FaultServer) async throws -> Void
    ) async throws {
        try await withFaultServer(faults) { bad in
            try await withFaultServer([.json(Self.whole)]) { good in
                try await withGateway([Self.upstream(bad, "bad"), Self.upstream(good, "good", priority: 1)]) {
                    client, _ in
                    try await body(client, bad, good)
                }
            }
        }
    }

    @Test(
        arguments: [
            ("a reset", [FaultStep.reset]), ("a close", [.close]), ("a broken head", [.send("HTTP/1.1 2"), .close]),
            ("no HTTP", [.send("SSH-2.0-OpenSSH\r\n"), .close]),
            ("a broken body", [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":"), .reset]),
            ("a head of a stream", [.streamHead, .close]), ("500", [.json("{}", status: 500)]),
            ("503", [.json("{}", status: 503)]), ("429", [.json("{}", status: 429)]),
            ("a refused key", [.json("{}", status: 401)]),
        ])
    func `a request whose upstream fails before its answer goes to the next one`(
        _ name: String, _ faults: [FaultStep]
    ) async throws {
        try await withTwo(faults) { client, bad, good in
            let response = try await client.post(Self.chat, Self.body)
            #expect(response.head.status == .ok, "\(name)")
            #expect(response.text == Self.whole)
            #expect((bad.requests.count, good.requests.count) == (1, 1))
        }
    }

    @Test func `an upstream that is not there is passed over, and not asked again for a while`() async throws {
        try await withFaultServer([.json(Self.whole)]) { good in
            let refused = Upstream(
                "http://127.0.0.1:\(try FaultServer.refusedPort())", name: "gone", models: ["fault": "fault"])
            try await withGateway([refused, Self.upstream(good, "good", priority: 1)]) { client, _ in
                for _ in 0..<12 {
                    let response = try await client.post(Self.chat, Self.body)
                    #expect(response.head.status == .ok)
                }
            }
            #expect(good.requests.count == 12)
        }
    }

    @Test func `errors that are the request's own fault are not tried elsewhere`() async throws {
        let error = #"{"error":{"message":"No.","type":"invalid_request_error","param":"x","code":"bad"}}"#
        try await withTwo([.json(error, status: 400)]) { client, bad, good in
            let response = try await client.post(Self.chat, Self.body)
            #expect(response.head.status == .badRequest)
            #expect(response.text == error)
            #expect((bad.requests.count, good.requests.count) == (1, 0))
        }
    }

    @Test func `a stream that breaks off ends with one error after its last complete event`() async throws {
        let event = FaultStep.eventText(FaultStep.chunk(delta: #"{"content":"Hi"}"#))
        for cut in [0, 1, event.utf8.count / 2, event.utf8.count - 1] {
            let half = String(decoding: Array(event.utf8).prefix(cut), as: UTF8.self)
            try await withTwo([.streamHead, .delta("One"), .send(half), .reset]) { client, _, good in
                let response = try await client.post(Self.chat, Self.streamed)
                let events = response.text.split(separator: "\n\n")
                #expect(events.count == 3)
                #expect(events[0].contains("One"))
                #expect(events[1].contains(#""error":{"#) && events[1].contains("bad"))
                #expect(events[2].hasSuffix("[DONE]"))
                #expect(good.requests.isEmpty)
            }
        }
    }

    @Test func `a stream that ends without a reason is an error, and one with its own error is not another`()
        async throws
    {
        try await withTwo([.streamHead, .delta("One"), .close]) { client, _, _ in
            let response = try await client.post(Self.chat, Self.streamed)
            #expect(response.text.contains("ended its answer before it was complete"))
        }
        let error = FaultStep.event(
            #"{"error":{"message":"Out of memory.","type":"server_error","param":null,"code":null}}"#)
        try await withTwo([.streamHead, .delta("One"), error, .done, .close]) { client, _, _ in
            let response = try await client.post(Self.chat, Self.streamed)
            #expect(response.text.split(separator: "error\":{").count == 2)
            #expect(response.text.contains("Out of memory."))
        }
    }

    @Test func `counts beyond all reason are not summed`() async throws {
        let usage = #","usage":{"prompt_tokens":1,"completion_tokens":9223372036854775807,"total_tokens":1}}"#
        let answer = String(Self.whole.dropLast()) + usage
        try await withFaultServer([.json(answer)]) { server in
            try await withGateway([Self.upstream(server, "one")]) { client, running in
                for _ in 0..<3 {
                    let response = try await client.post(Self.chat, Self.body)
                    #expect(response.head.status == .ok)
                }
                #expect(running.counters.generatedTokens > 0)
            }
        }
    }

    @Test func `an upstream that refuses the gateway's key gets fewer and fewer requests`() async throws {
        try await withFaultServer([.json("{}", status: 401)]) { bad in
            try await withFaultServer([.json(Self.whole)]) { good in
                try await withGateway([Self.upstream(bad, "bad"), Self.upstream(good, "good")]) { client, _ in
                    for _ in 0..<40 {
                        let response = try await client.post(Self.chat, Self.body)
                        #expect(response.head.status == .ok)
                    }
                }
                #expect(good.requests.count == 40 && (1...12).contains(bad.requests.count))
            }
        }
    }

    @Test func `while an upstream has not said what it has, an unknown model is 503, and the gateway is not ready`()
        async throws
    {
        let gone = Upstream("http://127.0.0.1:\(try FaultServer.refusedPort())", kind: .vLLM)
        try await withGateway([gone]) { client, _ in
            let response = try await client.post(Self.chat, Self.body)
            #expect(response.head.status == .serviceUnavailable)
            #expect(response.head.fields["retry-after"] != nil)
            let ready = try await client.ask(.get, "/health/ready")
            #expect(ready.head.status == .serviceUnavailable)
        }
    }

    @Test func `bytes that nobody has asked for are not the answer to the next request`() async throws {
        let late = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        let gate = Gate()
        try await withFaultServer([.json(Self.whole), .wait(for: gate), .send(late)], [.json(Self.whole)]) { server in
            try await withGateway([Self.upstream(server, "one")]) { client, _ in
                for _ in 0..<3 {
                    let response = try await client.post(Self.chat, Self.body)
                    #expect(response.head.status == .ok && response.text == Self.whole)
                    gate.open()
                    try await eventually("the late bytes") { server.writes >= 2 }
                }
            }
            #expect(server.requests.count == 3)
        }
    }

    @Test func `a client that leaves ends the request to the upstream`() async throws {
        try await withFaultServer([.streamHead, .delta("One"), .stall]) { server in
            try await withGateway([Self.upstream(server, "one")]) { client, running in
                for _ in 0..<20 {
                    let leaving = try await RawClient(running)
                    try await leaving.send(
                        .post, Self.chat, fields: ["Content-Type": "application/json"], body: Self.streamed)
                    _ = try await leaving.receiveHead()
                    _ = try await leaving.receiveContent()
                    await leaving.close()
                }
                try await eventually("the upstream is free") { server.openConnections == 0 }
                #expect(server.requests.count == 20)
                let health = try await client.ask(.get, "/health")
                #expect(health.head.status == .ok)
            }
        }
    }
}
