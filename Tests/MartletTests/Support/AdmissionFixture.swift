import MartletHTTP
import Synchronization
import Testing

@testable import Martlet

/// An admission with its gauges, whose permits a test may acquire to make others wait.
final class AdmissionFixture: Sendable {
    let running = Gauge()
    let waiting = Gauge()
    let admission: Admission
    let permits: Int
    private let acquired = Mutex<[Permit]>([])

    init(permits: Int, maximumWaiting: Int = .max) {
        self.permits = max(1, permits)
        admission = Admission(permits: permits, maximumWaiting: maximumWaiting, running: running, waiting: waiting)
    }

    /// Whether no task runs or waits, and every permit is free.
    var isEmpty: Bool {
        let free = admission.takeFree(atMost: .max)
        for permit in free { permit.release() }
        return running.value == 0 && waiting.value == 0 && free.count == permits
    }

    /// A task that runs `body` once it has a permit.
    func run(
        _ claim: AdmissionClaim = AdmissionClaim(),
        _ body: @escaping @Sendable (_ hasWaited: Bool) async throws -> Void = { _ in }
    ) -> Task<Void, any Error> {
        Task { [admission] in try await admission.withPermit(for: claim) { try await body($1) } }
    }

    /// Starts a task, and returns once it waits behind `count` others.
    func queue(
        _ claim: AdmissionClaim = AdmissionClaim(), behind others: Int = 0,
        _ body: @escaping @Sendable (_ hasWaited: Bool) async throws -> Void = { _ in }
    ) async -> Task<Void, any Error> {
        let task = run(claim, body)
        await Self.until { waiting.value == others + 1 }
        return task
    }

    func acquire(_ permits: Int = 1) {
        let free = admission.takeFree(atMost: permits)
        #expect(free.count == permits)
        acquired.withLock { $0 += free }
    }

    func release(_ permits: Int = 1) {
        for permit in acquired.withLock({ acquired in (0..<permits).compactMap { _ in acquired.popLast() } }) {
            permit.release()
        }
    }

    /// Returns once `condition` is true. The test's time limit ends the wait if it never is.
    static func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }
}

/// A barrier that blocks bodies until it is opened.
final class Barrier: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)

    func open() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
