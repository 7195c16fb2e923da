import MartletHTTP
import MartletUV
import Synchronization
import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(1)))
struct AdmissionTests {
    private struct Failure: Error {}

    // MARK: Permits

    @Test func `as many bodies run as there are permits, and the rest wait`() async throws {
        let fixture = AdmissionFixture(permits: 3)
        let barrier = Barrier()
        let runs = (0..<5).map { _ in fixture.run { _ in await barrier.wait() } }
        await AdmissionFixture.until { fixture.running.value == 3 && fixture.waiting.value == 2 }
        barrier.open()
        for run in runs { try await run.value }
        #expect(fixture.isEmpty)
    }

    @Test(arguments: [1, 0, -1])
    func `there is at least one permit`(_ permits: Int) async throws {
        let fixture = AdmissionFixture(permits: permits)
        try await fixture.admission.withPermit { _, _ in #expect(fixture.running.value == 1) }
        #expect(fixture.isEmpty)
    }

    @Test func `a body receives whether it waited`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        try await fixture.run { hasWaited in #expect(!hasWaited) }.value
        fixture.acquire()
        let late = await fixture.queue { hasWaited in #expect(hasWaited) }
        fixture.release()
        try await late.value
    }

    @Test func `a permit comes back from a body that throws`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        for _ in 0..<3 { await #expect(throws: Failure.self) { try await fixture.run { _ in throw Failure() }.value } }
        #expect(fixture.isEmpty)
        try await fixture.run { hasWaited in #expect(!hasWaited) }.value
    }

    @Test func `a permit that a throwing body returns goes to the first waiting task`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        let barrier = Barrier()
        let failing = fixture.run { _ in
            await barrier.wait()
            throw Failure()
        }
        await AdmissionFixture.until { fixture.running.value == 1 }
        let waiter = await fixture.queue()
        barrier.open()
        await #expect(throws: Failure.self) { try await failing.value }
        try await waiter.value
        #expect(fixture.isEmpty)
    }

    // MARK: The queue

    @Test func `waiting requests are served in order of arrival`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        let order = Mutex<[Int]>([])
        fixture.acquire()
        var runs: [Task<Void, any Error>] = []
        for number in 0..<50 {
            runs.append(await fixture.queue(behind: number) { _ in order.withLock { $0.append(number) } })
        }
        fixture.release()
        for run in runs { try await run.value }
        #expect(order.withLock { $0 } == Array(0..<50))
        #expect(fixture.isEmpty)
    }

    @Test func `later tasks do not overtake a waiting one`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        for round in 0..<20_000 {
            fixture.acquire()
            let isServed = Mutex(false)
            let first = fixture.run { _ in isServed.withLock { $0 = true } }
            await AdmissionFixture.until { fixture.waiting.value == 1 }
            fixture.release()
            try await fixture.admission.withPermit { _, _ in
                try #require(isServed.withLock { $0 }, "round \(round)")
            }
            try await first.value
        }
    }

    @Test(arguments: [0, 1, 3])
    func `tasks beyond the queue's limit are refused at once, and the waiting ones are not affected`(_ maximum: Int)
        async throws
    {
        let fixture = AdmissionFixture(permits: 1, maximumWaiting: maximum)
        fixture.acquire()
        var runs: [Task<Void, any Error>] = []
        for number in 0..<maximum { runs.append(await fixture.queue(behind: number)) }
        for _ in 0..<3 { await #expect(throws: Admission.Refusal.self) { try await fixture.run().value } }
        #expect(fixture.waiting.value == maximum)
        fixture.release()
        for run in runs { try await run.value }
        #expect(fixture.isEmpty)
    }

    @Test func `requests of several principals share the permits, and a permit that comes back has no principal`()
        async throws
    {
        let fixture = AdmissionFixture(permits: 1)
        let order = Mutex<[String]>([])
        let permit = try #require(fixture.admission.takeFree(atMost: 1).first)
        var runs: [Task<Void, any Error>] = []
        for (number, name) in ["a1", "a2", "a3", "b1"].enumerated() {
            let claim = AdmissionClaim(principal: String(name.prefix(1)), cost: 10)
            let body = { @Sendable (_: Bool) in order.withLock { $0.append(name) } }
            runs.append(await fixture.queue(claim, behind: number, body))
        }
        permit.yield()
        try await permit.reacquire()
        order.withLock { $0.append("back") }
        permit.release()
        for run in runs { try await run.value }
        #expect(order.withLock { $0 } == ["a1", "b1", "a2", "a3", "back"])
        #expect(fixture.isEmpty)
    }

    @Test func `a request whose deadline has passed is not served, and makes room`() async throws {
        let fixture = AdmissionFixture(permits: 1, maximumWaiting: 2)
        fixture.acquire()
        let late = await fixture.queue(AdmissionClaim(deadline: .now)) { _ in Issue.record("it ran") }
        let inTime = await fixture.queue(AdmissionClaim(deadline: .now + .seconds(3600)), behind: 1)
        fixture.release()
        let error = await #expect(throws: BackendError.self) { try await late.value }
        #expect(error?.error.status == 504)
        try await inTime.value
        #expect(fixture.isEmpty)
    }

    // MARK: Cancellation

    @Test func `a task cancelled while it waits leaves the queue and never runs`() async throws {
        let fixture = AdmissionFixture(permits: 1)
        let order = Mutex<[Int]>([])
        fixture.acquire()
        var runs: [Task<Void, any Error>] = []
        for number in 0..<3 {
            runs.append(await fixture.queue(behind: number) { _ in order.withLock { $0.append(number) } })
        }
        let middle = runs.remove(at: 1)
        middle.cancel()
        await #expect(throws: CancellationError.self) { try await middle.value }
        #expect(fixture.waiting.value == 2)
        fixture.release()
        for run in runs { try await run.value }
        #expect(order.withLock { $0 } == [0, 2])
        #expect(fixture.isEmpty)
    }

    @Test func `a cancelled task's place in the queue is free again`() async throws {
        let fixture = AdmissionFixture(permits: 1, maximumWaiting: 1)
        fixture.acquire()
        for _ in 0..<3 {
            let waiter = await fixture.queue()
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
        }
        fixture.release()
        #expect(fixture.isEmpty)
    }

    @Test(arguments: [false, true])
    func `a task that is already cancelled neither waits nor runs`(isFree: Bool) async throws {
        let fixture = AdmissionFixture(permits: 1)
        if !isFree { fixture.acquire() }
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            try await fixture.admission.withPermit { _, _ in Issue.record("it ran") }
        }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        if !isFree { fixture.release() }
        #expect(fixture.isEmpty)
    }

    // MARK: Free permits

    @Test func `free permits are taken as far as there are any, and are returned`() {
        let fixture = AdmissionFixture(permits: 3)
        let taken = [-1, 0, 2, 2, 2].map { fixture.admission.takeFree(atMost: $0) }
        #expect(taken.map(\.count) == [0, 0, 2, 1, 0])
        #expect(fixture.running.value == 3)
        for permit in taken.joined() { permit.release() }
        #expect(fixture.running.value == 0)
        #expect(fixture.admission.takeFree(atMost: .max).count == 3)
    }

    @Test func `returned permits go to waiting tasks`() async throws {
        let fixture = AdmissionFixture(permits: 2)
        let barrier = Barrier()
        fixture.acquire(2)
        var runs: [Task<Void, any Error>] = []
        for number in 0..<3 { runs.append(await fixture.queue(behind: number) { _ in await barrier.wait() }) }
        fixture.release(2)
        await AdmissionFixture.until { fixture.waiting.value == 1 && fixture.running.value == 2 }
        #expect(fixture.admission.takeFree(atMost: 1).isEmpty, "a task waits")
        barrier.open()
        for run in runs { try await run.value }
        #expect(fixture.isEmpty)
    }

    // MARK: Combined

    @Test(arguments: [(1, 2_000), (4, 2_000), (4, 20)])
    func `no permit is lost however tasks throw, wait and are cancelled`(_ permits: Int, _ maximumWaiting: Int) async {
        let fixture = AdmissionFixture(permits: permits, maximumWaiting: maximumWaiting)
        let (ran, unserved) = (Gauge(), Gauge())
        var random = SplitMix64(seed: 4)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 {
                let yields = Int.random(in: 0...20, using: &random)
                let task = Task {
                    try await fixture.admission.withPermit { permit, _ in
                        ran.add(1)
                        try await Self.runRandomly(fixture, permit, number: number, yields: yields)
                    }
                }
                group.addTask {
                    do { try await task.value } catch { if !(error is Failure) { unserved.add(1) } }
                }
                if number % 7 == 0 { task.cancel() }
                if Int.random(in: 0..<3, using: &random) == 0 {
                    group.addTask {
                        for _ in 0..<yields / 2 { await Task.yield() }
                        task.cancel()
                    }
                }
            }
        }
        #expect(ran.value + unserved.value == 1_000)
        #expect(ran.value >= permits)
        #expect(fixture.isEmpty)
    }

    /// The behavior of a body with a permit; throws only `Failure`.
    private static func runRandomly(_ fixture: AdmissionFixture, _ permit: Permit, number: Int, yields: Int)
        async throws
    {
        func check() { #expect(fixture.running.value <= fixture.permits) }
        check()
        for _ in 0..<yields { await Task.yield() }
        let extra = fixture.admission.takeFree(atMost: number % 3)
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
