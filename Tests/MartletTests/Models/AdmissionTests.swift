import MartletHTTP
import Synchronization
import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(1)))
struct AdmissionTests {
    private struct Failure: Error {}

    // MARK: Permits

    @Test func `as many bodies run as there are permits, and the rest wait`() async throws {
        let house = AdmissionFixture(permits: 3)
        let door = Door()
        let visits = (0..<5).map { _ in house.visit { _ in await door.wait() } }
        await AdmissionFixture.until { house.running.value == 3 && house.waiting.value == 2 }
        door.open()
        for visit in visits { try await visit.value }
        #expect(house.isEmpty)
    }

    @Test(arguments: [1, 0, -1])
    func `there is at least one permit`(_ permits: Int) async throws {
        let house = AdmissionFixture(permits: permits)
        try await house.admission.withPermit { _, _ in #expect(house.running.value == 1) }
        #expect(house.isEmpty)
    }

    @Test func `a body receives whether it waited`() async throws {
        let house = AdmissionFixture(permits: 1)
        try await house.visit { hasWaited in #expect(!hasWaited) }.value
        house.hold()
        let late = await house.queue { hasWaited in #expect(hasWaited) }
        house.letGo()
        try await late.value
    }

    @Test func `a permit comes back from a body that throws`() async throws {
        let house = AdmissionFixture(permits: 1)
        for _ in 0..<3 { await #expect(throws: Failure.self) { try await house.visit { _ in throw Failure() }.value } }
        #expect(house.isEmpty)
        try await house.visit { hasWaited in #expect(!hasWaited) }.value
    }

    @Test func `a permit that a throwing body returns goes to the first waiting task`() async throws {
        let house = AdmissionFixture(permits: 1)
        let door = Door()
        let thrower = house.visit { _ in
            await door.wait()
            throw Failure()
        }
        await AdmissionFixture.until { house.running.value == 1 }
        let waiter = await house.queue()
        door.open()
        await #expect(throws: Failure.self) { try await thrower.value }
        try await waiter.value
        #expect(house.isEmpty)
    }

    // MARK: The queue

    @Test func `waiting requests are served in order of arrival`() async throws {
        let house = AdmissionFixture(permits: 1)
        let order = Mutex<[Int]>([])
        house.hold()
        var visits: [Task<Void, any Error>] = []
        for number in 0..<50 {
            visits.append(await house.queue(behind: number) { _ in order.withLock { $0.append(number) } })
        }
        house.letGo()
        for visit in visits { try await visit.value }
        #expect(order.withLock { $0 } == Array(0..<50))
        #expect(house.isEmpty)
    }

    @Test func `later tasks do not overtake a waiting one`() async throws {
        let house = AdmissionFixture(permits: 1)
        for round in 0..<20_000 {
            house.hold()
            let isServed = Mutex(false)
            let first = house.visit { _ in isServed.withLock { $0 = true } }
            await AdmissionFixture.until { house.waiting.value == 1 }
            house.letGo()
            try await house.admission.withPermit { _, _ in
                try #require(isServed.withLock { $0 }, "round \(round)")
            }
            try await first.value
        }
    }

    @Test(arguments: [0, 1, 3])
    func `tasks beyond the queue's limit are refused at once, and the waiting ones are not affected`(_ maximum: Int)
        async throws
    {
        let house = AdmissionFixture(permits: 1, maximumWaiting: maximum)
        house.hold()
        var visits: [Task<Void, any Error>] = []
        for number in 0..<maximum { visits.append(await house.queue(behind: number)) }
        for _ in 0..<3 { await #expect(throws: Admission.Refusal.self) { try await house.visit().value } }
        #expect(house.waiting.value == maximum)
        house.letGo()
        for visit in visits { try await visit.value }
        #expect(house.isEmpty)
    }

    // MARK: Cancellation

    @Test func `a task cancelled while it waits leaves the queue and never runs`() async throws {
        let house = AdmissionFixture(permits: 1)
        let order = Mutex<[Int]>([])
        house.hold()
        var visits: [Task<Void, any Error>] = []
        for number in 0..<3 {
            visits.append(await house.queue(behind: number) { _ in order.withLock { $0.append(number) } })
        }
        let middle = visits.remove(at: 1)
        middle.cancel()
        await #expect(throws: CancellationError.self) { try await middle.value }
        #expect(house.waiting.value == 2)
        house.letGo()
        for visit in visits { try await visit.value }
        #expect(order.withLock { $0 } == [0, 2])
        #expect(house.isEmpty)
    }

    @Test func `a cancelled task's place in the queue is free again`() async throws {
        let house = AdmissionFixture(permits: 1, maximumWaiting: 1)
        house.hold()
        for _ in 0..<3 {
            let waiter = await house.queue()
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
        }
        house.letGo()
        #expect(house.isEmpty)
    }

    @Test(arguments: [false, true])
    func `a task that is already cancelled neither waits nor runs`(isFree: Bool) async throws {
        let house = AdmissionFixture(permits: 1)
        if !isFree { house.hold() }
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            try await house.admission.withPermit { _, _ in Issue.record("it ran") }
        }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        if !isFree { house.letGo() }
        #expect(house.isEmpty)
    }

    // MARK: Free permits

    @Test func `free permits are taken as far as there are any, and are returned`() {
        let house = AdmissionFixture(permits: 3)
        let taken = [-1, 0, 2, 2, 2].map { house.admission.takeFree(atMost: $0) }
        #expect(taken.map(\.count) == [0, 0, 2, 1, 0])
        #expect(house.running.value == 3)
        for permit in taken.joined() { permit.release() }
        #expect(house.running.value == 0)
        #expect(house.admission.takeFree(atMost: .max).count == 3)
    }

    @Test func `returned permits go to waiting tasks`() async throws {
        let house = AdmissionFixture(permits: 2)
        let door = Door()
        house.hold(2)
        var visits: [Task<Void, any Error>] = []
        for number in 0..<3 { visits.append(await house.queue(behind: number) { _ in await door.wait() }) }
        house.letGo(2)
        await AdmissionFixture.until { house.waiting.value == 1 && house.running.value == 2 }
        #expect(house.admission.takeFree(atMost: 1).isEmpty, "somebody waits")
        door.open()
        for visit in visits { try await visit.value }
        #expect(house.isEmpty)
    }

    // MARK: Combined

    @Test(arguments: [(1, 2_000), (4, 2_000), (4, 20)])
    func `no permit is lost however tasks throw, wait and are cancelled`(_ permits: Int, _ maximumWaiting: Int) async {
        let house = AdmissionFixture(permits: permits, maximumWaiting: maximumWaiting)
        let (ran, unserved) = (Gauge(), Gauge())
        var random = SplitMix(seed: 4)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 {
                let yields = Int.random(in: 0...20, using: &random)
                let visit = Task {
                    try await house.admission.withPermit { permit, _ in
                        ran.add(1)
                        try await Self.stroll(house, permit, number: number, yields: yields)
                    }
                }
                group.addTask {
                    do { try await visit.value } catch { if !(error is Failure) { unserved.add(1) } }
                }
                if number % 7 == 0 { visit.cancel() }
                if Int.random(in: 0..<3, using: &random) == 0 {
                    group.addTask {
                        for _ in 0..<yields / 2 { await Task.yield() }
                        visit.cancel()
                    }
                }
            }
        }
        #expect(ran.value + unserved.value == 1_000)
        #expect(ran.value >= permits)
        #expect(house.isEmpty)
    }

    /// The behavior of a body with a permit; throws only `Failure`.
    private static func stroll(_ house: AdmissionFixture, _ permit: Permit, number: Int, yields: Int) async throws {
        func check() { #expect(house.running.value <= house.permits) }
        check()
        for _ in 0..<yields { await Task.yield() }
        let extra = house.admission.takeFree(atMost: number % 3)
        check()
        await Task.yield()
        for permit in extra { permit.release() }
        do {
            permit.yield()
            await Task.yield()
            try await permit.reacquire()
            check()
            if permit.yieldIfWanted() { try await permit.reacquire() }
            check()
        } catch {
            throw Failure()
        }
        if number % 5 == 0 { throw Failure() }
    }
}
