import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// Principals share a model: one with many or long requests delays the others by its share only.
@Suite(.serialized)
struct WireFairnessTests {
    /// Records whose calls have started, and lets a test end them one after the other.
    private final class Calls: Sendable {
        private let order = Mutex<[String]>([])
        private let gates = Mutex<[Gate]>([])

        var started: [String] { order.withLock { $0 } }

        func start(_ name: String) -> Gate {
            let gate = Gate()
            gates.withLock { $0.append(gate) }
            order.withLock { $0.append(name) }
            return gate
        }

        /// Ends the call that started first of those that run.
        func endFirst() {
            let gate = gates.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            gate?.open()
        }
    }

    private func backend(_ calls: Calls, places: Int) -> ChatProbe {
        var backend = ChatProbe { request, sink in
            try await calls.start(request.context.principal?.id ?? "").pass()
            try await sink.emit("a")
        }
        backend.maxConcurrency = places
        return backend
    }

    private func configure(_ server: inout Server) {
        server.gate { .principal(Principal($0.head.fields["x-user"] ?? "none")) }
    }

    private nonisolated(nonsending) func send(
        _ user: String, _ more: String = "", to server: RunningServer
    ) async throws -> RawClient {
        let client = try await RawClient(server)
        let before = server.counters.waiting + server.counters.running
        try await client.send(
            .post, "/v1/chat/completions", fields: ["x-user": user], body: RequestText.chat(more))
        try await eventually { server.counters.waiting + server.counters.running == before + 1 }
        return client
    }

    private nonisolated(nonsending) func finish(_ clients: [RawClient], _ calls: Calls, _ server: RunningServer)
        async throws
    {
        try await eventually {
            calls.endFirst()
            return server.counters.tasks == 0
        }
        for client in clients {
            #expect(try await client.receiveResponse().code == 200)
            await client.close()
        }
        #expect((server.counters.running, server.counters.waiting) == (0, 0))
    }

    @Test func `a user with twenty times the requests of another does not delay it by more than one`() async throws {
        let calls = Calls()
        try await withServer(backend(calls, places: 8), configuration: ServerConfiguration(port: 0)) {
            configure(&$0)
        } while: { server in
            var clients: [RawClient] = []
            for round in 0..<10 {
                for _ in 0..<20 { clients.append(try await send("noisy", to: server)) }
                clients.append(try await send("quiet", to: server))
                // The noisy user has all places, and up to 170 requests waiting. When nobody had to wait before, the first
                // that ends makes room for the request which came first, and the second for the quiet user, for whom a
                // place is then kept.
                for ended in 1...2 where round == 0 {
                    calls.endFirst()
                    try await eventually { calls.started.count == 8 + ended }
                }
                try await eventually { calls.started.filter { $0 == "quiet" }.count == round + 1 }
                for _ in 1...4 { calls.endFirst() }
                // Beyond 8 of the last 64 requests, the quiet user takes more than a place on average.
                try await eventually { server.counters.running == (round < 8 ? 7 : 6) }
            }
            #expect(calls.started.filter { $0 == "quiet" }.count == 10)
            try await finish(clients, calls, server)
        }
    }

    @Test func `a high max_tokens that is not used delays its user until the request ends, and no longer`() async throws
    {
        let calls = Calls()
        try await withServer(backend(calls, places: 1), configuration: ServerConfiguration(port: 0)) {
            configure(&$0)
        } while: { server in
            var clients = [try await send("other", to: server)]
            for _ in 0..<4 { clients.append(try await send("high", #""max_tokens":50000"#, to: server)) }
            for _ in 0..<12 { clients.append(try await send("low", #""max_tokens":3"#, to: server)) }
            try await finish(clients, calls, server)
            // Each takes one token: the users take turns, as far as the estimates of running requests allow.
            let order = calls.started
            #expect(order.prefix(3) == ["other", "high", "low"])
            let last = order.lastIndex(of: "high") ?? order.count
            #expect(order[..<last].filter { $0 == "low" }.count <= 6, "\(order)")
        }
    }

    @Test func `a reply that is longer than its estimate is paid for afterwards`() async throws {
        let calls = Calls()
        var backend = ChatProbe { request, sink in
            try await calls.start(request.context.principal?.id ?? "").pass()
            try await sink.emit(.text("a", tokenCount: request.context.principal == "long" ? 2000 : 1))
        }
        backend.maxConcurrency = 1
        try await withServer(backend, configuration: ServerConfiguration(port: 0)) {
            configure(&$0)
        } while: { server in
            var clients = [try await send("other", to: server)]
            for user in ["long", "long"] + Array(repeating: "short", count: 6) {
                clients.append(try await send(user, to: server))
            }
            try await finish(clients, calls, server)
            // By the estimates of 256 tokens they would take turns.
            #expect(calls.started == ["other", "long"] + Array(repeating: "short", count: 6) + ["long"])
        }
    }

    @Test func `a user who fills the queue does not keep another out of it`() async throws {
        let calls = Calls()
        try await withServer(backend(calls, places: 1), configuration: .with(\.maximumWaiting, 4)) {
            configure(&$0)
        } while: { server in
            var clients: [RawClient] = []
            for _ in 0..<5 { clients.append(try await send("noisy", to: server)) }
            for _ in 0..<2 { clients.append(try await send("quiet", to: server)) }
            for user in ["noisy", "quiet"] {
                let client = try await RawClient(server)
                let refused = try await client.ask(
                    .post, "/v1/chat/completions", fields: ["x-user": user], body: RequestText.chat())
                try expect(refused, is: 429, "rate_limit_error", code: "rate_limit_exceeded")
                await client.close()
            }
            try await finish(clients, calls, server)
        }
    }
}
