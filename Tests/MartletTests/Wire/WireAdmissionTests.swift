import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Permits: the limits on running and waiting requests, and the return of the permit on every path.
@Suite(.serialized)
struct WireAdmissionTests {
    private func one(_ scripts: [ScriptedStep]...) -> ScriptedBackend {
        var backend = ScriptedBackend()
        backend.scripts = scripts
        backend.maxConcurrency = 1
        return backend
    }

    private nonisolated(nonsending) func expectIdle(_ server: RunningServer, connections: Int) async throws {
        try await eventually {
            let counters = server.counters
            return counters.openConnections == connections && counters.openStreams == 0 && counters.tasks == 0
                && counters.waiting == 0 && counters.running == 0
        }
    }

    @Test func `requests beyond maxConcurrency wait, and further ones get Retry-After`() async throws {
        let gate = Gate()
        var backend = ScriptedBackend([.wait(for: gate), .text("a")])
        backend.maxConcurrency = 2
        try await withClient(of: backend, .with(\.maximumWaiting, 2)) { client, server in
            var others: [RawClient] = []
            for index in 1...4 {
                let other = try await RawClient(server)
                try await other.sendChat()
                others.append(other)
                try await eventually { server.counters.running + server.counters.waiting == index }
            }
            #expect((server.counters.running, server.counters.waiting, backend.started) == (2, 2, 2))
            for more in ["", #""stream":true"#] {
                let refused = try await client.chat(more)
                try expect(refused, is: 429, "rate_limit_error", code: "rate_limit_exceeded")
                #expect((1...60).contains(Int(refused[field: "Retry-After"] ?? "") ?? 0))
            }
            gate.open()
            for other in others { #expect(try await other.receiveResponse().code == 200) }
            #expect(try await client.chat().code == 200)
            for other in others { await other.close() }
            try await expectIdle(server, connections: 1)
        }
    }

    @Test func `Retry-After grows with how long the queue takes`() async throws {
        let gate = Gate()
        try await withClient(of: one([.wait(for: gate)]), .with(\.maximumWaiting, 1)) { client, server in
            let others = [try await RawClient(server), try await RawClient(server)]
            for (index, other) in others.enumerated() {
                try await other.sendChat()
                try await eventually { server.counters.running + server.counters.waiting == index + 1 }
            }
            // The waiting request has waited for more than a second, and no request was served in that time.
            try await Task.sleep(for: .milliseconds(1100))
            #expect(Int(try await client.chat()[field: "Retry-After"] ?? "") ?? 0 >= 2)
            gate.open()
            for other in others { #expect(try await other.receiveResponse().code == 200) }
            try await expectIdle(server, connections: 3)
            for other in others { await other.close() }
        }
    }

    @Test func `waiting requests are served in order of arrival`() async throws {
        let gate = Gate()
        let backend = one([.wait(for: gate)], [.text("second")], [.text("third")])
        try await withClient(of: backend) { client, server in
            let (second, third) = (try await RawClient(server), try await RawClient(server))
            try await client.sendChat()
            try await eventually { server.counters.running == 1 }
            for (waiting, other) in [second, third].enumerated() {
                try await other.sendChat()
                try await eventually { server.counters.waiting == waiting + 1 }
            }
            gate.open()
            #expect(try await second.receiveResponse().text.contains("second"))
            #expect(try await third.receiveResponse().text.contains("third"))
            await second.close()
            await third.close()
        }
    }

    @Test(arguments: ["", #""stream":true"#])
    func `a backend that throws gives its permit back, early and late`(more: String) async throws {
        let error = BackendError.failed("Broke.")
        let backend = one([.fail(error)], [.text("a"), .fail(error)], [.text("b")])
        try await withClient(of: backend, .with(\.maximumWaiting, 0)) { client, server in
            for _ in 0..<2 {
                _ = try await client.chat(more)
                try await eventually { server.counters.running == 0 }
            }
            #expect(try await client.chat(more).code == 200)
            try await expectIdle(server, connections: 1)
        }
    }

    /// The way in which a client disconnects.
    enum Leaving: CaseIterable {
        case close, finishSending, reset
    }

    private nonisolated(nonsending) func leave(_ client: RawClient, _ leaving: Leaving) async {
        switch leaving {
        case .close: await client.close()
        case .finishSending: await client.finishSending()
        case .reset: await client.reset()
        }
    }

    @Test(arguments: Leaving.allCases.flatMap { leaving in ChatAPI.allCases.map { (leaving, $0) } }, [false, true])
    func `a client that disconnects frees a backend that hangs, before and after its first event`(
        leaving: (Leaving, ChatAPI), isStreamed: Bool
    ) async throws {
        let backend = one([.hang], [.text("a"), .hang], [.text("b")])
        try await withClient(of: backend, .with(\.maximumWaiting, 0)) { client, server in
            for calls in 1...2 {
                let leavingClient = try await RawClient(server)
                try await leavingClient.sendChat(leaving.1, isStreamed: isStreamed)
                try await eventually { backend.started == calls && server.counters.generatedTokens == calls - 1 }
                await leave(leavingClient, leaving.0)
                try await eventually { backend.cancelled == calls }
                try await expectIdle(server, connections: 1)
            }
            #expect(try await client.chat().code == 200)
        }
    }

    @Test(arguments: Leaving.allCases, ChatAPI.allCases)
    func `a client that disconnects while it waits makes room for another`(leaving: Leaving, api: ChatAPI) async throws
    {
        let gate = Gate()
        let backend = one([.wait(for: gate)], [.text("b")])
        try await withClient(of: backend, .with(\.maximumWaiting, 1)) { client, server in
            try await client.sendChat()
            try await eventually { server.counters.running == 1 }
            let leavingClient = try await RawClient(server)
            try await leavingClient.sendChat(api, isStreamed: true)
            try await eventually { server.counters.waiting == 1 }
            await leave(leavingClient, leaving)
            try await eventually { server.counters.waiting == 0 && server.counters.openConnections == 1 }
            let next = try await RawClient(server)
            try await next.sendChat()
            try await eventually { server.counters.waiting == 1 }
            gate.open()
            #expect(try await client.receiveResponse().code == 200)
            #expect(try await next.receiveResponse().text.contains(#""b""#))
            await next.close()
            try await expectIdle(server, connections: 1)
            #expect(backend.started == 2)
        }
    }

    @Test(arguments: ChatAPI.allCases)
    func `a client that disconnects after its response leaks nothing`(api: ChatAPI) async throws {
        let backend = one([.text("a")])
        try await withClient(of: backend) { client, server in
            try await client.sendChat(api, isStreamed: true)
            #expect(try await client.receiveResponse().code == 200)
            await client.reset()
            try await expectIdle(server, connections: 0)
            #expect((backend.finished, backend.cancelled) == (1, 0))
        }
    }

    @Test func `the prompts of one request use at most the existing permits`() async throws {
        let gate = Gate()
        var backend = ScriptedBackend([.wait(for: gate), .text("a")])
        backend.maxConcurrency = 2
        try await withClient(of: backend) { client, server in
            try await client.send(.post, "/v1/completions", body: #"{"prompt":[[1],[2],[3],[4]]}"#)
            try await eventually { backend.started == 2 }
            #expect(server.counters.running == 2)
            gate.open()
            #expect(try await client.receiveResponse().json()["choices"]?.array?.count == 4)
            try await expectIdle(server, connections: 1)
        }
    }

    @Test func `embeddings need a permit too`() async throws {
        let gate = Gate()
        try await withClient(of: one([.wait(for: gate)]), .with(\.maximumWaiting, 0)) { client, server in
            let other = try await RawClient(server)
            try await other.send(.post, "/v1/embeddings", body: RequestText.embedding("[1]"))
            try await eventually { server.counters.running == 1 }
            try expect(try await client.embed("[1]"), is: 429, "rate_limit_error", code: "rate_limit_exceeded")
            gate.open()
            #expect(try await other.receiveResponse().code == 200)
            await other.close()
            try await expectIdle(server, connections: 1)
        }
    }

    @Test func `a backend that is not ready is a 503 for requests and readiness, not for liveness`() async throws {
        let backend = ScriptedBackend([.text("a")])
        backend.isReady = false
        try await withClient(of: backend) { client, _ in
            let refusals = [
                try await client.ask(.get, "/health/ready"), try await client.chat(), try await client.complete(),
                try await client.chat(#""stream":true"#), try await client.embed("[1]"),
            ]
            for refusal in refusals {
                try expect(refusal, is: 503, "server_error", code: "service_unavailable")
                #expect(Int(refusal[field: "Retry-After"] ?? "") == 1)
            }
            #expect(try await client.ask(.get, "/health").code == 200)
            #expect(try await client.ask(.get, "/v1/models").code == 200)
            backend.isReady = true
            #expect(try await client.ask(.get, "/health/ready").json() == ["status": "ready"])
            #expect(try await client.chat().code == 200)
        }
    }
}
