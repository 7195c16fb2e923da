import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// What clients see while a server drains.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct DrainTests {
    @Test func `during the delay connections are accepted, responses close them, and the server is not ready`()
        async throws
    {
        try await withClient(of: ScriptedBackend([.text("a")]), .with(\.drainDelay, .seconds(600))) { client, server in
            #expect(try await client.ask(.get, "/health/ready").code == 200)
            server.drain()
            try await eventually {
                let fresh = try await RawClient(server)
                let response = try await fresh.ask(.get, "/health/ready")
                await fresh.close()
                return response.code == 503 && response.head.fields["Connection"] == "close"
            }
            let fresh = try await RawClient(server)
            try await fresh.sendChat()
            let response = try await fresh.receiveResponse()
            #expect(response.code == 200 && response.head.fields["Connection"] == "close")
            await fresh.close()
            // An open connection is served once more.
            try await client.sendChat()
            let last = try await client.receiveResponse()
            #expect(last.code == 200 && last.head.fields["Connection"] == "close")
            server.shutdown()
        }
    }

    @Test func `after the delay the server listens no more`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.wait(for: gate), .text("a")])
        try await withClient(of: backend, .with(\.drainDelay, .milliseconds(50))) { client, server in
            try await client.sendChat()
            try await eventually { backend.started == 1 }
            server.drain()
            try await eventually { (try? await RawClient(port: server.port)) == nil }
            gate.open()
            #expect(try await client.receiveResponse().code == 200)
        }
    }

    @Test func `requests that wait for a backend keep their place, and new ones get 503`() async throws {
        let gate = Gate()
        var backend = ScriptedBackend([.wait(for: gate), .text("a")])
        backend.maxConcurrency = 1
        try await withClient(of: backend) { first, server in
            let idle = try await RawClient(server)
            #expect(try await idle.ask(.get, "/health").code == 200)
            try await first.sendChat()
            try await eventually { backend.started == 1 }
            let second = try await RawClient(server)
            try await second.sendChat()
            try await eventually { server.counters.waiting == 1 }
            server.drain()
            try await eventually { (try? await RawClient(port: server.port)) == nil }
            try await idle.sendChat()
            let refused = try await idle.receiveResponse()
            #expect(refused.code == 503 && refused.head.fields["Connection"] == "close")
            #expect(refused.head.fields["Retry-After"] == "1")
            #expect(refused.text.contains("The server is stopping"))
            gate.open()
            #expect(try await first.receiveResponse().code == 200)
            #expect(try await second.receiveResponse().code == 200)
            for client in [second, idle] { await client.close() }
        }
        #expect(backend.finished == 2)
    }
}
