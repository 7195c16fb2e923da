import MartletHTTP
import Synchronization
import Testing

@testable import Martlet

/// Permits that are yielded and reacquired.
@Suite(.timeLimit(.minutes(1)))
struct PermitTests {
    /// A permit that is held until it is released.
    private func heldPermit(of house: AdmissionFixture) throws -> Permit {
        try #require(house.admission.takeFree(atMost: 1).first)
    }

    @Test func `a permit that was yielded is free for others, and can be reacquired`() async throws {
        let house = AdmissionFixture(permits: 1)
        let permit = try heldPermit(of: house)
        #expect(!permit.isYielded)
        permit.yield()
        permit.yield()
        #expect(permit.isYielded)
        #expect(house.running.value == 0)
        try await house.visit { hasWaited in #expect(!hasWaited) }.value
        try await permit.reacquire()
        try await permit.reacquire()
        #expect(!permit.isYielded)
        #expect(house.running.value == 1)
        permit.release()
        permit.release()
        #expect(house.isEmpty)
    }

    @Test func `a permit that no request waits for is not yielded on demand`() async throws {
        let house = AdmissionFixture(permits: 1)
        let permit = try heldPermit(of: house)
        #expect(!permit.yieldIfWanted())
        #expect(!permit.isYielded)
        let door = Door()
        let waiter = await house.queue { _ in await door.wait() }
        #expect(permit.yieldIfWanted())
        #expect(permit.isYielded)
        #expect(!permit.yieldIfWanted(), "it is yielded already")
        #expect((house.running.value, house.waiting.value) == (1, 0))
        permit.release()
        door.open()
        try await waiter.value
        #expect(house.isEmpty)
    }

    @Test func `reacquiring queues behind earlier requests and before later ones`() async throws {
        let house = AdmissionFixture(permits: 1, maximumWaiting: 2)
        let order = Mutex<[String]>([])
        let permit = try heldPermit(of: house)
        let door = Door()
        let first = await house.queue { _ in await door.wait() }
        permit.yield()
        await AdmissionFixture.until { house.running.value == 1 && house.waiting.value == 0 }
        let second = await house.queue { _ in order.withLock { $0.append("second") } }
        let back = Task {
            try await permit.reacquire()
            order.withLock { $0.append("back") }
            permit.release()
        }
        await AdmissionFixture.until { house.waiting.value == 2 }
        let third = await house.queue(behind: 2) { _ in order.withLock { $0.append("third") } }
        await #expect(throws: Admission.Refusal.self, "two new ones wait") { try await house.visit().value }
        door.open()
        for task in [first, second, back, third] { try await task.value }
        #expect(order.withLock { $0 } == ["second", "back", "third"])
        #expect(house.isEmpty)
    }

    @Test func `reacquiring is never refused`() async throws {
        let house = AdmissionFixture(permits: 1, maximumWaiting: 0)
        let permit = try heldPermit(of: house)
        permit.yield()
        house.hold()
        let back = Task { try await permit.reacquire() }
        await AdmissionFixture.until { house.waiting.value == 1 }
        house.letGo()
        try await back.value
        permit.release()
        #expect(house.isEmpty)
    }

    @Test func `a task cancelled while it reacquires does not take a permit`() async throws {
        let house = AdmissionFixture(permits: 1)
        let permit = try heldPermit(of: house)
        permit.yield()
        house.hold()
        let tasks = (0..<2).map { _ in Task { try await permit.reacquire() } }
        await AdmissionFixture.until { house.waiting.value == 1 }
        tasks[0].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[0].value }
        // The other task of the same request may not have queued yet.
        tasks[1].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[1].value }
        #expect(house.waiting.value == 0)
        house.letGo()
        #expect(permit.isYielded)
        permit.release()
        #expect(house.isEmpty)
    }

    @Test func `all tasks and the engine of a request continue with its one permit`() async throws {
        let house = AdmissionFixture(permits: 1)
        let permit = try heldPermit(of: house)
        permit.yield()
        house.hold()
        let tasks = (0..<8).map { _ in Task { try await permit.reacquire() } }
        let woken = Gauge()
        permit.reacquire { woken.add(1) }
        permit.reacquire { woken.add(1) }
        await AdmissionFixture.until { house.waiting.value == 1 }
        house.letGo()
        for task in tasks { try await task.value }
        #expect((house.running.value, woken.value) == (1, 1))
        permit.reacquire { woken.add(1) }
        #expect(woken.value == 1, "the permit is already acquired")
        permit.release()
        #expect(house.isEmpty)
    }

    @Test func `releasing a permit that is queued removes it, and cancels the tasks that wait for it`() async throws {
        let house = AdmissionFixture(permits: 1)
        let permit = try heldPermit(of: house)
        permit.yield()
        house.hold()
        let woken = Gauge()
        permit.reacquire { woken.add(1) }
        let task = Task { try await permit.reacquire() }
        await AdmissionFixture.until { house.waiting.value == 1 }
        permit.release()
        if case .failure(let error) = await task.result { #expect(error is CancellationError) }
        #expect((house.waiting.value, woken.value) == (0, 0))
        permit.yield()
        try await permit.reacquire()
        house.letGo()
        #expect(house.isEmpty)
    }
}
