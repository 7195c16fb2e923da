import Martlet
import MartletGateway
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// Upstreams that take too long, at each point of an answer. The limits are those that are to end the request; all others
/// are longer than a test may take.
@Suite(.serialized)
struct TimeoutTests {
    private static let chat = "/v1/chat/completions"
    private static let answer =
        #"{"id":"c","object":"chat.completion","created":1,"model":"fault","choices":[{"index":0,"message":"#
        + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#
    private static let stream: [FaultStep] = [.streamHead, .delta("Hi"), .finish(), .done, .close]

    private static func body(isStreamed: Bool) -> String {
        #"{"model":"fault","messages":[{"role":"user","content":"Hi"}],"stream":\#(isStreamed)}"#
    }

    private static func configuration(_ change: (inout GatewayTimeouts) -> Void) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        change(&configuration.timeouts)
        return configuration
    }

    /// Asks a gateway whose first upstream is slow, and whose second one is well.
    private func ask(
        isStreamed: Bool = true, _ slow: [FaultStep], _ change: (inout GatewayTimeouts) -> Void
    ) async throws -> (response: HTTPResponse, retries: Int) {
        try await withFaultServer(slow) { first in
            try await withFaultServer(isStreamed ? Self.stream : [.json(Self.answer)]) { second in
                var upstreams = [first, second].map { Upstream($0.url, models: ["fault": "fault"]) }
                upstreams[0].name = "slow"
                upstreams[1].priority = 1
                var result: HTTPResponse?
                try await withGateway(upstreams, configuration: Self.configuration(change)) { client, _ in
                    result = try await client.post(Self.chat, Self.body(isStreamed: isStreamed))
                }
                #expect(first.requests.count == 1)
                return (try #require(result), second.requests.count)
            }
        }
    }

    @Test func `a request whose head, or whose first event, does not come goes to another upstream`() async throws {
        let cases: [(Bool, [FaultStep], (inout GatewayTimeouts) -> Void)] = [
            (true, [.stall], { $0.firstToken = .milliseconds(200) }),
            (true, [.streamHead, .stall], { $0.firstToken = .milliseconds(200) }),
            (true, [.stall], { $0.head = .milliseconds(200) }), (false, [.stall], { $0.head = .milliseconds(200) }),
            (false, [.head(200), .stall], { $0.idle = .milliseconds(200) }),
        ]
        for (index, (isStreamed, steps, change)) in cases.enumerated() {
            let (response, retries) = try await ask(isStreamed: isStreamed, steps, change)
            #expect(response.head.status == .ok && retries == 1, "\(index)")
            #expect(response.text.contains("Hi"), "\(index)")
        }
    }

    @Test func `the time to the first event counts from the request, and comments do not end it`() async throws {
        let steps: [FaultStep] = [.streamHead, .send(": wait\n\n"), .stall]
        let (response, retries) = try await ask(steps) { $0.firstToken = .milliseconds(300) }
        #expect(response.head.status == .ok && retries == 0)
        let events = response.text.split(separator: "\n\n")
        #expect(events.first == ": wait")
        #expect(events[1].contains(#""error":{"#) && events[1].contains("timeout `first_token`"))
        #expect(events[2].hasSuffix("[DONE]"))
    }

    @Test func `the first event may take longer than other pieces, and may come when it likes`() async throws {
        let slow: [FaultStep] = [.streamHead, .delay(.milliseconds(600))] + Self.stream.dropFirst()
        for limit in [nil, Duration.seconds(60)] {
            let (response, retries) = try await ask(slow) { timeouts in
                timeouts.firstToken = limit
                timeouts.idle = .milliseconds(200)
            }
            #expect(response.text.contains("Hi") && !response.text.contains("error") && retries == 0)
        }
    }

    @Test func `a stream that stalls after an event has one error, which names the limit`() async throws {
        let steps: [FaultStep] = [.streamHead, .delta("One"), .stall]
        let limits: [(String, (inout GatewayTimeouts) -> Void)] = [
            ("idle", { $0.idle = .milliseconds(200) }), ("total", { $0.total = .milliseconds(300) }),
        ]
        for (name, change) in limits {
            let (response, retries) = try await ask(steps, change)
            #expect(response.head.status == .ok && retries == 0)
            let events = response.text.split(separator: "\n\n")
            #expect(events[0].contains("One"))
            #expect(events[1].contains(#""error":{"#) && events[1].contains("slow") && events[1].contains("`\(name)`"))
            #expect(events[2].hasSuffix("[DONE]"))
        }
    }

    @Test(arguments: [true, false])
    func `the total is not a reason to ask another upstream, and not the upstream's failure`(
        isStreamed: Bool
    ) async throws {
        try await withFaultServer([.stall]) { server in
            let upstream = Upstream(server.url, models: ["fault": "fault"])
            let configuration = Self.configuration { $0.total = .milliseconds(100) }
            try await withGateway([upstream], configuration: configuration) { client, _ in
                for _ in 0..<6 {
                    let response = try await client.post(Self.chat, Self.body(isStreamed: isStreamed))
                    #expect(response.code == 504 && response.text.contains("timeout `total`"), "\(response.text)")
                }
            }
            // Its breaker would have opened after five failures.
            #expect(server.requests.count == 6)
        }
    }

    @Test func `the total includes all attempts`() async throws {
        try await withFaultServer([.stall]) { first in
            try await withFaultServer([.delay(.milliseconds(1500)), .json(Self.answer)]) { second in
                let upstreams = [first, second].map { Upstream($0.url, models: ["fault": "fault"]) }
                let configuration = Self.configuration { timeouts in
                    (timeouts.head, timeouts.total) = (.milliseconds(1000), .milliseconds(1600))
                }
                try await withGateway(upstreams, configuration: configuration) { client, _ in
                    let response = try await client.post(Self.chat, Self.body(isStreamed: false))
                    #expect(response.code == 504 && response.text.contains("timeout `total`"), "\(response.text)")
                }
                #expect((first.requests.count, second.requests.count) == (1, 1))
            }
        }
    }

    @Test func `a stream ends with its end mark, although its upstream keeps the connection open`() async throws {
        let steps: [FaultStep] = [.streamHead, .delta("Hi"), .finish(), .done, .stall]
        try await withFaultServer(steps) { server in
            let upstream = Upstream(server.url, models: ["fault": "fault"])
            try await withGateway([upstream], configuration: Self.configuration { $0.idle = .seconds(600) }) {
                client, _ in
                let response = try await client.post(Self.chat, Self.body(isStreamed: true))
                #expect(response.text.hasSuffix("data: [DONE]\n\n"))
                while server.openConnections > 0 { try await Task.sleep(for: .milliseconds(10)) }
            }
        }
    }
}
