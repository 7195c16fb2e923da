import Martlet
import MartletGateway
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// Requests that wait for an upstream which health checks find down.
@Suite(.serialized)
struct MoveTests {
    /// A backend that fails its health checks from its first request on, and answers when a gate opens.
    private final class StuckBackend: ChatBackend {
        let gate = Gate()
        private let isWell = Atomic(true)
        private let beginning: String?
        let requests = Atomic(0)
        let cancelled = Atomic(0)

        init(beginning: String?) { self.beginning = beginning }

        var isReady: Bool { isWell.load(ordering: .relaxed) }

        func listModels() -> [Model] { ["m"] }

        func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
            requests.add(1, ordering: .relaxed)
            if let beginning { try await sink.emit(beginning) }
            isWell.store(false, ordering: .relaxed)
            do {
                try await gate.pass()
            } catch {
                cancelled.add(1, ordering: .relaxed)
                throw error
            }
            try await sink.emit("late")
        }
    }

    private struct OtherBackend: ChatBackend {
        func listModels() -> [Model] { ["m"] }

        func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
            try await sink.emit("other")
        }
    }

    private static let bodies = [
        ("/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true}"#),
        ("/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#),
        ("/api/chat", #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true}"#),
        ("/api/chat", #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":false}"#),
    ]

    private func withStuck(
        beginning: String? = nil, hasOther: Bool = true, retries: Int = 3,
        _ body: nonisolated(nonsending) (StuckBackend, RawClient, Gateway) async throws -> Void
    ) async throws {
        let stuck = StuckBackend(beginning: beginning)
        try await withServer(stuck) { first in
            try await withServer(OtherBackend()) { second in
                var upstreams = [Upstream(first.url, kind: .martlet, name: "stuck", models: ["m": "m"])]
                if hasOther {
                    upstreams.append(Upstream(second.url, kind: .martlet, name: "other", models: ["m": "m"]))
                }
                if hasOther { upstreams[1].priority = 1 }
                var configuration = GatewayConfiguration()
                (configuration.healthInterval, configuration.retries) = (.milliseconds(100), retries)
                let gateway = try Gateway(upstreams, configuration: configuration)
                try await withServer(gateway) { server in
                    let client = try await RawClient(server)
                    try await body(stuck, client, gateway)
                    await client.close()
                }
                stuck.gate.open()
            }
        }
    }

    @Test(arguments: bodies)
    func `they go to another upstream, and leave the one that is down`(path: String, body: String) async throws {
        try await withStuck { stuck, client, gateway in
            let response = try await client.post(path, body)
            #expect(response.head.status == .ok && response.text.contains("other"), "\(response.text)")
            try await eventually("the first attempt is cancelled") { stuck.cancelled.load(ordering: .relaxed) == 1 }
            #expect(stuck.requests.load(ordering: .relaxed) == 1)
            let (first, second) = (try #require(gateway.reports.first), try #require(gateway.reports.last))
            #expect(first.state == .down && first.failures == 1 && second.retries == 1)
        }
    }

    @Test(arguments: bodies)
    func `they stay if no other upstream can take them`(path: String, body: String) async throws {
        for (hasOther, retries) in [(false, 3), (true, 0)] {
            try await withStuck(hasOther: hasOther, retries: retries) { stuck, client, gateway in
                try await client.send(.post, path, fields: ["Content-Type": "application/json"], body: body)
                try await eventually("the upstream is down") { gateway.reports.first?.state == .down }
                // Longer than until the attempt looks for it.
                try await Task.sleep(for: .milliseconds(1_500))
                stuck.gate.open()
                let response = try await client.receiveResponse()
                #expect(response.head.status == .ok && response.text.contains("late"), "\(response.text)")
                #expect(stuck.cancelled.load(ordering: .relaxed) == 0)
            }
        }
    }

    @Test(arguments: [0, 2])
    func `a stream that has begun stays`(index: Int) async throws {
        let (path, body) = Self.bodies[index]
        try await withStuck(beginning: "early") { stuck, client, gateway in
            try await client.send(.post, path, fields: ["Content-Type": "application/json"], body: body)
            try await eventually("the upstream is down") { gateway.reports.first?.state == .down }
            try await Task.sleep(for: .milliseconds(1_500))
            stuck.gate.open()
            let response = try await client.receiveResponse()
            #expect(response.text.contains("early") && response.text.contains("late"), "\(response.text)")
            #expect(gateway.reports.last?.retries == 0)
        }
    }
}
