import MartletHTTP
import Testing

@testable import Martlet

/// Admission to a backend that schedules itself.
struct BoundedAdmissionTests {
    private let running = Gauge()
    private let waiting = Gauge()

    private func admission(permits: Int, maximumWaiting: Int = .max) -> BoundedAdmission {
        BoundedAdmission(
            permits: permits, maximumWaiting: maximumWaiting, yieldsWhilePaused: true, running: running,
            waiting: waiting)
    }

    private nonisolated(nonsending) func submit(
        to admission: BoundedAdmission, _ principal: String? = nil
    ) async throws -> Permit {
        let permit = Permit(admission)
        let hasWaited = try await admission.take(permit, for: AdmissionClaim(principal: principal))
        #expect(!hasWaited)
        return permit
    }

    private func expect(running: Int, waiting: Int, _ location: SourceLocation = #_sourceLocation) {
        #expect((self.running.value, self.waiting.value) == (running, waiting), sourceLocation: location)
    }

    @Test func `a request waits until it is started, and is started once`() async throws {
        let admission = admission(permits: 1)
        let permits = [try await submit(to: admission), try await submit(to: admission)]
        expect(running: 0, waiting: 2)
        #expect(permits.allSatisfy { $0.awaitsStart && !$0.isYielded })
        permits[1].start()
        permits[1].start()
        #expect(!permits[1].awaitsStart)
        expect(running: 1, waiting: 1)
        for permit in permits + permits { permit.release() }
        permits[0].start()
        expect(running: 0, waiting: 0)
    }

    @Test func `requests are refused beyond the permits and the waiting ones together, started or not`() async throws {
        let admission = admission(permits: 2, maximumWaiting: 1)
        var permits: [Permit] = []
        for _ in 0..<3 { permits.append(try await submit(to: admission)) }
        for _ in 0..<2 {
            await #expect(throws: Admission.Refusal.self) { try await submit(to: admission) }
            for permit in permits { permit.start() }
        }
        expect(running: 3, waiting: 0)
        permits[0].release()
        permits[0] = try await submit(to: admission)
        for permit in permits { permit.release() }
        expect(running: 0, waiting: 0)
    }

    @Test func `a paused generation does not count, and counts again at once when it continues`() async throws {
        let admission = admission(permits: 1, maximumWaiting: 0)
        let (paused, woken) = (try await submit(to: admission), Gauge())
        paused.yieldWhilePaused()
        #expect(!paused.isYielded, "it has not started")
        paused.start()
        paused.yieldWhilePaused()
        #expect(paused.isYielded)
        expect(running: 0, waiting: 0)
        let other = try await submit(to: admission)
        await #expect(throws: Admission.Refusal.self) { try await submit(to: admission) }
        paused.reacquire { woken.add(1) }
        paused.reacquire { woken.add(1) }
        #expect(woken.value == 1)
        expect(running: 1, waiting: 1)
        paused.yieldWhilePaused()
        try await paused.reacquire()
        expect(running: 1, waiting: 1)
        paused.yieldWhilePaused()
        paused.release()
        try await paused.reacquire()
        paused.reacquire { woken.add(1) }
        other.release()
        expect(running: 0, waiting: 0)
        #expect(woken.value == 1)
    }

    @Test func `permits besides a request's own are free up to the number of permits`() async throws {
        let admission = admission(permits: 3)
        let own = try await submit(to: admission)
        let extra = admission.takeFree(atMost: 5, besides: own)
        #expect(extra.count == 2)
        #expect(admission.takeFree(atMost: 5, besides: own).isEmpty)
        #expect(admission.takeFree(atMost: -1, besides: own).isEmpty)
        expect(running: 0, waiting: 3)
        for permit in extra { permit.start() }
        extra[0].release()
        expect(running: 1, waiting: 1)
        #expect(admission.takeFree(atMost: 5, besides: own).map(\.awaitsStart) == [true])
    }

    @Test func `permits besides a request's own are given up while another request waits`() async throws {
        let admission = admission(permits: 3)
        let own = try await submit(to: admission)
        let extra = admission.takeFree(atMost: 1, besides: own)
        for permit in extra { permit.start() }
        #expect(extra.map { $0.yieldIfWanted() } == [false], "its own request waits, and no other")
        own.start()
        let other = try await submit(to: admission)
        #expect(!own.yieldIfWanted())
        #expect(admission.takeFree(atMost: 1, besides: own).isEmpty)
        #expect(extra.map { $0.yieldIfWanted() } == [true])
        expect(running: 1, waiting: 1)
        other.start()
        #expect(admission.takeFree(atMost: 1, besides: own).count == 1)
        for permit in extra + [own, other] { permit.release() }
        expect(running: 0, waiting: 1)
    }

    @Test func `a principal that fills the queue does not keep others out`() async throws {
        let admission = admission(permits: 2, maximumWaiting: 4)
        var permits: [Permit] = []
        for _ in 0..<6 { permits.append(try await submit(to: admission, "a")) }
        for permit in permits.prefix(2) { permit.start() }
        for _ in 0..<3 { permits.append(try await submit(to: admission, "b")) }
        for principal in ["a", "b"] {
            await #expect(throws: Admission.Refusal.self) { try await submit(to: admission, principal) }
        }
        permits.removeLast().release()
        permits.append(try await submit(to: admission, "b"))
        permits.append(try await submit(to: admission, "c"))
        await #expect(throws: Admission.Refusal.self, "ten are the most") { try await submit(to: admission, "d") }
        for permit in permits { permit.release() }
        expect(running: 0, waiting: 0)
        for _ in 0..<6 { _ = try await submit(to: admission, "a") }
    }

    @Test func `permits of a batch that have not started do not count towards the bound`() async throws {
        let admission = admission(permits: 4, maximumWaiting: 0)
        let own = try await submit(to: admission)
        own.start()
        // A slow client: the batch's other prompts are with the backend and do not start.
        let extra = admission.takeFree(atMost: 3, besides: own)
        own.yieldWhilePaused()
        expect(running: 0, waiting: 3)
        var others: [Permit] = []
        for _ in 0..<4 { others.append(try await submit(to: admission)) }
        let refusal = await #expect(throws: Admission.Refusal.self) { try await submit(to: admission) }
        #expect(refusal.map { if case .full(position: 1, _) = $0 { true } else { false } } == true)
        for permit in extra + others + [own] { permit.release() }
        expect(running: 0, waiting: 0)
    }

    @Test func `a cancelled task is not admitted`() async {
        let task = Task { [admission = admission(permits: 1)] in
            while !Task.isCancelled { await Task.yield() }
            try await admission.withPermit { _, _ in Issue.record("it ran") }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        expect(running: 0, waiting: 0)
    }
}
