import Martlet
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletToy

/// A server that stops while replies are being generated.
struct ToyServerDrainTests {
    @Test func `a server that stops lets the toy finish its replies`() async throws {
        let request = ToyRequest.completion("Once upon a time", ["max_tokens": 60, "temperature": 2, "seed": 3])
        let alone = try await withToy { client, _ in try await client.ask(request) }
        let begun = try await withServer(ToyBackend(Fixture.model)) { server in
            var begun: [(client: RawClient, event: String?)] = []
            for _ in 0..<4 {
                let client = try await RawClient(server)
                try await client.send(request, isStreamed: true)
                _ = try await client.receiveHead()
                begun.append((client, try await client.receiveEvent()))
            }
            return begun
        }
        for (client, event) in begun {
            var events = [try #require(event)]
            while let event = try await client.receiveEvent() { events.append(event) }
            let reply = try ToyReply(events: events)
            #expect(reply == alone)
            let rest = try await client.receiveToEnd()
            #expect(rest == [])
        }
    }

    @Test func `the drain's deadline ends replies that would not end by themselves`() async throws {
        let backend = ScriptedBackend([.text("so far"), .hang])
        var configuration = ServerConfiguration(port: 0)
        configuration.drainTimeout = .milliseconds(2200)
        let (stream, whole) = try await withServer(backend, configuration: configuration) { server in
            let (stream, whole) = (try await RawClient(server), try await RawClient(server))
            try await stream.send(.chat("a"), isStreamed: true)
            try await whole.send(.chat("a"))
            try await eventually("both to have begun") { backend.started == 2 }
            return (stream, whole)
        }
        #expect(backend.cancelled == 2)
        let events = try await stream.receiveResponse().events
        #expect(events.contains { $0.contains("so far") })
        #expect(events.suffix(2).first?.hasPrefix(#"data: {"error":"#) == true)
        #expect(events.last == "data: [DONE]")
        #expect(try await whole.receiveResponse().code == 503)
        for client in [stream, whole] { #expect(try await client.receiveToEnd() == []) }
    }
}
