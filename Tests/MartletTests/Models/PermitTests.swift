import MartletHTTP
import Synchronization
import Testing

@testable import Martlet

/// Permits that are yielded and reacquired.
@Suite(.timeLimit(.minutes(1)))
struct PermitTests {
    /// Takes a free permit, which the test releases.
    private func acquiredPermit(of fixture: AdmissionFixture) throws -> Permit {
        try #require(fixture.admission.takeFree(atMost: 1).first)
    }

    @Test func `a permit that was yielded is free for others, and can be reacquired`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        let permit = try acquiredPermit(of: fixture)
        #expect(!permit.isYielded)
        permit.yield()
        permit.yield()
        #expect(permit.isYielded)
        #expect(fixture.running.value == 0)
        try await fixture.run { hasWaited in #expect(!hasWaited) }.value
        try await permit.reacquire()
        try await permit.reacquire()
        #expect(!permit.isYielded)
        #expect(fixture.running.value == 1)
        permit.release()
        permit.release()
        #expect(fixture.isEmpty)
    }

    @Test func `a permit that no request waits for is not yielded on demand`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        let permit = try acquiredPermit(of: fixture)
        #expect(!permit.yieldIfWanted())
        #expect(!permit.isYielded)
        let barrier = Barrier()
        let waiter = await fixture.queue { _ in await barrier.wait() }
        #expect(permit.yieldIfWanted())
        #expect(permit.isYielded)
        #expect(!permit.yieldIfWanted(), "it is yielded already")
        #expect((fixture.running.value, fixture.waiting.value) == (1, 0))
        permit.release()
        barrier.open()
        try await waiter.value
        #expect(fixture.isEmpty)
    }

    @Test func `reacquiring queues behind earlier requests and before later ones`() async throws {
        let fixture = AdmissionFixture(permits: 1, maximumWaiting: 2)
        let order = Mutex<[String]>([])
        let permit = try acquiredPermit(of: fixture)
        let barrier = Barrier()
        let first = await fixture.queue { _ in await barrier.wait() }
        permit.yield()
        await AdmissionFixture.until { fixture.running.value == 1 && fixture.waiting.value == 0 }
        let second = await fixture.queue { _ in order.withLock { $0.append("second") } }
        let back = Task {
            try await permit.reacquire()
            order.withLock { $0.append("back") }
            permit.release()
        }
        await AdmissionFixture.until { fixture.waiting.value == 2 }
        let third = await fixture.queue(behind: 2) { _ in order.withLock { $0.append("third") } }
        await #expect(throws: Admission.Refusal.self, "two new ones wait") { try await fixture.run().value }
        barrier.open()
        for task in [first, second, back, third] { try await task.value }
        #expect(order.withLock { $0 } == ["second", "back", "third"])
        #expect(fixture.isEmpty)
    }

    @Test func `reacquiring is never refused`() async throws {
        let fixture = AdmissionFixture(permits: 1, maximumWaiting: 0)
        let permit = try acquiredPermit(of: fixture)
        permit.yield()
        fixture.acquire()
        let back = Task { try await permit.reacquire() }
        await AdmissionFixture.until { fixture.waiting.value == 1 }
        fixture.release()
        try await back.value
        permit.release()
        #expect(fixture.isEmpty)
    }

    @Test func `a task cancelled while it reacquires does not take a permit`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        let permit = try acquiredPermit(of: fixture)
        permit.yield()
        fixture.acquire()
        let tasks = (0..<2).map { _ in Task { try await permit.reacquire() } }
        await AdmissionFixture.until { fixture.waiting.value == 1 }
        tasks[0].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[0].value }
        // The other task of the same request may not have queued yet.
        tasks[1].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[1].value }
        #expect(fixture.waiting.value == 0)
        fixture.release()
        #expect(permit.isYielded)
        permit.release()
        #expect(fixture.isEmpty)
    }

    @Test func `all tasks and the engine of a request continue with its one permit`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        let permit = try acquiredPermit(of: fixture)
        permit.yield()
        fixture.acquire()
        let tasks = (0..<8).map { _ in Task { try await permit.reacquire() } }
        let woken = Gauge()
        permit.reacquire { woken.add(1) }
        permit.reacquire { woken.add(1) }
        await AdmissionFixture.until { fixture.waiting.value == 1 }
        fixture.release()
        for task in tasks { try await task.value }
        #expect((fixture.running.value, woken.value) == (1, 1))
        permit.reacquire { woken.add(1) }
        #expect(woken.value == 1, "the permit is already acquired")
        permit.release()
        #expect(fixture.isEmpty)
    }

    @Test func `releasing a permit that is queued removes it, and cancels the tasks that wait for it`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        let permit = try acquiredPermit(of: fixture)
        permit.yield()
        fixture.acquire()
        let woken = Gauge()
        permit.reacquire { woken.add(1) }
        let task = Task { try await permit.reacquire() }
        await AdmissionFixture.until { fixture.waiting.value == 1 }
        permit.release()
        if case .failure(let error) = await task.result { #expect(error is CancellationError) }
        #expect((fixture.waiting.value, woken.value) == (0, 0))
        permit.yield()
        try await permit.reacquire()
        fixture.release()
        #expect(fixture.isEmpty)
    }
}
