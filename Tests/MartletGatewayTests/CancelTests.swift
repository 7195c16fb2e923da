import Foundation
import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import MartletUV
import Testing

@testable import MartletGateway

/// Clients that leave at any point.
@Suite(.serialized)
struct CancelTests {
    private static let requests = [
        ("/v1/chat/completions", #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}],"stream":true}"#),
        ("/v1/chat/completions", #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}]}"#),
        ("/v1/completions", #"{"model":"scripted","prompt":[1,2],"stream":true}"#),
        ("/v1/embeddings", #"{"model":"scripted","input":"Hi"}"#),
        ("/api/chat", #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}]}"#),
        ("/api/chat", #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}],"stream":false}"#),
        ("/api/generate", #"{"model":"scripted","prompt":"Hi","raw":true}"#),
        ("/api/embed", #"{"model":"scripted","input":"Hi"}"#),
    ]

    /// Scripts that begin at once, late or never, and end, fail or go on.
    private static func scripts(_ count: Int, _ dice: inout SplitMix64) -> [[ScriptedStep]] {
        (0..<count).map { _ in
            let late: [[ScriptedStep]] = [
                [], [.delay(.microseconds(Int.random(in: 0...3_000, using: &dice)))], [.hang],
            ]
            let texts = (0..<Int.random(in: 0...20, using: &dice)).flatMap { _ in
                [ScriptedStep.text("word "), .delay(.microseconds(Int.random(in: 0...500, using: &dice)))]
            }
            let ends: [[ScriptedStep]] = [[], [.hang], [.hang], [.fail(BackendError.failed("No more."))]]
            return late[Int.random(in: 0..<3, using: &dice)] + texts + ends[Int.random(in: 0..<4, using: &dice)]
        }
    }

    /// Sends a request, or a part of one, and leaves after a while, or with the first bytes of the answer.
    private static func leave(_ port: Int, _ seed: UInt64) async throws {
        var dice = SplitMix64(seed: seed)
        let (path, body) = requests[Int.random(in: 0..<requests.count, using: &dice)]
        let text =
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let isPart = Int.random(in: 0..<20, using: &dice) == 0
        let count = isPart ? Int.random(in: 0..<text.utf8.count, using: &dice) : text.utf8.count
        let client = try await RawClient(port: port)
        try await client.send(Array(text.utf8.prefix(count)))
        if Int.random(in: 0..<4, using: &dice) > 0 {
            try await Task.sleep(for: .microseconds(Int.random(in: 0...8_000, using: &dice)), tolerance: .zero)
        }
        if Bool.random(using: &dice) { await client.reset() } else { await client.close() }
    }

    private static var descriptorCount: Int {
        get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd")))
    func `nothing is left of a thousand requests whose clients leave`() async throws {
        // What the process opens once stays open.
        try await withServer(ScriptedBackend()) { server in
            try await withGateway([Upstream(server.url, kind: .martlet)]) { client, _ in
                for (path, body) in Self.requests { _ = try await client.post(path, body) }
            }
        }
        let descriptors = try Self.descriptorCount
        var dice = SplitMix64(seed: 1)
        var backend = ScriptedBackend()
        backend.scripts = Self.scripts(1_000, &dice)
        backend.maxConcurrency = 1_000
        try await withServer(backend) { server in
            let gateway = try Gateway([Upstream(server.url, kind: .martlet)])
            try await withServer(gateway) { running in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for seed in 0..<1_000 {
                        if seed >= 50 { try await group.next() }
                        group.addTask { try await Self.leave(running.port, UInt64(seed)) }
                    }
                    try await group.waitForAll()
                }
                try await eventually("the gateway is free") {
                    let counters = running.counters
                    return (counters.openConnections, counters.openStreams, counters.tasks, counters.waiting) == (
                        0, 0, 0, 0
                    )
                        && counters.running == 0 && counters.heldBytes == 0
                }
                try await eventually("the upstream is free") {
                    let counters = server.counters
                    return (counters.openStreams, counters.tasks, counters.waiting, counters.running) == (0, 0, 0, 0)
                }
                #expect(gateway.reports.map(\.outstandingRequests) == [0])
                #expect(gateway.reports.map(\.outstandingTokens) == [0])
                #expect(backend.started == backend.finished + backend.cancelled + backend.failed)
                #expect(backend.cancelled > 0 && backend.finished > 0)
            }
        }
        try await eventually("descriptors are closed") { try Self.descriptorCount <= descriptors }
    }
}
