import Martlet
import MartletGateway
import MartletTesting
import Testing

/// Streams whose upstreams take longer than a client's proxies may wait: the head and heartbeats come before the answer.
@Suite(.serialized)
struct HeadWaitTests {
    private static let body = #"{"model":"fault","messages":[],"stream":true}"#
    private static let stream: [FaultStep] = [.streamHead, .delta("Hi"), .finish(), .done, .close]

    /// What a client gets of an upstream that waits until there was a heartbeat, and then takes the steps.
    private func events(after steps: [FaultStep], then next: [FaultStep] = []) async throws -> [String] {
        let gate = Gate()
        var configuration = ServerConfiguration(port: 0)
        configuration.limits.relayedHeadWait = .milliseconds(1)
        configuration.limits.heartbeatInterval = .milliseconds(1)
        var events: [String] = []
        try await withFaultServer([.wait(for: gate)] + steps) { first in
            try await withFaultServer(next) { second in
                var upstreams = [first, second].map { Upstream($0.url, models: ["fault": "fault"]) }
                upstreams[1].priority = 1
                try await withServer(try Gateway(upstreams), configuration: configuration) { server in
                    let client = try await RawClient(server)
                    try await client.send(
                        .post, "/v1/chat/completions", fields: ["Content-Type": "application/json"], body: Self.body)
                    let head = try await client.receiveHead()
                    #expect(head.status == .ok && head.fields["Content-Type"]?.hasPrefix("text/event-stream") == true)
                    #expect(try await client.receiveEvent() == ": ping\n\n")
                    gate.open()
                    while let event = try await client.receiveEvent() { events.append(event) }
                    await client.close()
                }
            }
        }
        events.removeAll { $0 == ": ping\n\n" }
        return events
    }

    @Test func `an answer that begins after a heartbeat is complete`() async throws {
        let events = try await events(after: Self.stream)
        #expect(events.count == 3 && events[0].contains("Hi") && events[2] == "data: [DONE]\n\n")
    }

    @Test(arguments: [[.reset], [.json("{}", status: 503)], [.streamHead, .close]] as [[FaultStep]])
    func `a request goes to another upstream although its client has had a heartbeat`(_ steps: [FaultStep]) async throws
    {
        let events = try await events(after: steps, then: Self.stream)
        #expect(events.count == 3 && events[0].contains("Hi") && events[2] == "data: [DONE]\n\n")
    }

    @Test func `a status that comes after a heartbeat is an event, with the upstream's words`() async throws {
        let error = #"{"error":{"message":"Too long.","type":"t","param":"messages","code":"context_length_exceeded"}}"#
        let events = try await events(after: [.json(error, status: 400)])
        #expect(events == ["data: \(error)\n\n", "data: [DONE]\n\n"])
    }

    @Test func `an answer that is no stream is an error event after a heartbeat`() async throws {
        let events = try await events(after: [.json(#"{"choices":[]}"#)])
        #expect(events.count == 2 && events[0].contains("did not answer with a stream"))
    }
}
