internal import MartletHTTP
internal import MartletUV

/// Permits to generate: a limited number at once, and a limited number waiting, in the order of an `AdmissionQueue`.
package final class Admission: PermitSource {
    /// A permit was refused.
    enum Refusal: Error, Equatable {
        /// The queue is full. `position` is where the request would be in it, from 1, and `retryAfter` the estimate of
        /// `RetryAfter`, in seconds.
        case full(position: Int, retryAfter: Int)
    }

    /// Resumes one task, or wakes one engine, that waits for a permit.
    private typealias Resume = @Sendable (Result<Void, any Error>) -> Void

    /// A permit in the queue, and all that waits for it: several tasks may emit for one request.
    private struct Waiter {
        let permit: Permit
        /// Whether it has not been granted before.
        let isNew: Bool
        /// Whose it is, if it is new.
        let principal: String?
        /// A task is identified by a number of its own; an engine, which has none, waits once.
        var resumes: [(task: UInt64?, resume: Resume)]
    }

    private struct State {
        var available: Int
        /// The last number that identifies a waiting permit or task.
        var lastNumber: UInt64 = 0
        var queue = AdmissionQueue()
        /// The permits in the queue, by arrival number.
        var waiters: [UInt64: Waiter] = [:]
        var retryAfter = RetryAfter()
        var reserve: Reserve

        /// The permits that a request of the principal may have now, or, with nil, a permit that comes back.
        func available(to principal: String??) -> Int {
            available == 0 ? 0 : available - reserve.count(against: principal, queue.isWaiting)
        }

        mutating func nextNumber() -> UInt64 {
            lastNumber += 1
            return lastNumber
        }

        /// The arrival number of a permit in the queue.
        func arrival(of permit: Permit) -> UInt64? { waiters.first { $0.value.permit === permit }?.key }
    }

    /// The total number of permits.
    let permits: Int
    private let state: Locked<State>
    private let bound: QueueBound
    private let running: Gauge
    private let waiting: Gauge
    let yieldsWhilePaused: Bool

    init(
        permits: Int, maximumWaiting: Int = .max, yieldsWhilePaused: Bool = true, running: Gauge = Gauge(),
        waiting: Gauge = Gauge()
    ) {
        self.permits = max(1, permits)
        state = Locked(State(available: self.permits, reserve: Reserve(permits: self.permits)))
        bound = QueueBound(maximum: maximumWaiting, extra: maximumWaiting)
        self.yieldsWhilePaused = yieldsWhilePaused
        self.running = running
        self.waiting = waiting
    }

    /// Limits callers of `limit(_:)` to `limit` at once.
    package convenience init(limit: Int) { self.init(permits: limit) }

    /// Runs `body` with a permit; callers wait in order of arrival.
    ///
    /// - Throws: `CancellationError` if the task is cancelled while it waits; errors of `body`.
    package nonisolated(nonsending) func limit<Result>(
        _ body: nonisolated(nonsending) () async throws -> Result
    ) async throws -> Result {
        let permit = Permit(self)
        defer { permit.release() }
        _ = try await take(permit, for: AdmissionClaim())
        return try await body()
    }

    /// The estimated seconds until all requests that wait now have permits.
    var retryAfter: Int { state.withLock { $0.retryAfter.seconds(waiting: $0.queue.count, at: .now) } }

    func takeFree(atMost count: Int, besides own: Permit? = nil) -> [Permit] {
        let taken = state.withLock { state in
            let taken = max(0, min(count, state.available(to: nil)))
            state.available -= taken
            running.add(taken)
            return taken
        }
        return (0..<taken).map { _ in Permit(self, .held, besides: own) }
    }

    // MARK: Taking

    nonisolated(nonsending) func take(_ permit: Permit, for claim: AdmissionClaim) async throws -> Bool {
        try await wait(for: permit, claim)
    }

    nonisolated(nonsending) func reacquire(_ permit: Permit) async throws { _ = try await wait(for: permit, nil) }

    /// Returns once the permit is granted, and whether it had to wait. `claim` is nil for a permit that comes back.
    private nonisolated(nonsending) func wait(for permit: Permit, _ claim: AdmissionClaim?) async throws -> Bool {
        let number: UInt64? = state.withLock { state in
            permit.phase != .absent || takeFree(for: permit, claim, &state) ? nil : state.nextNumber()
        }
        guard let number else { return false }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = queue(permit, number, claim) { continuation.resume(with: $0) }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            cancel(number)
        }
        return true
    }

    func reacquire(_ permit: Permit, onGrant: @escaping @Sendable () -> Void) {
        let isTaken = state.withLock { state in
            if permit.phase != .absent { return false }
            if takeFree(for: permit, nil, &state) { return true }
            // An engine needs one call, however often its client makes room.
            let waiter = state.arrival(of: permit).flatMap { state.waiters[$0] }
            if waiter?.resumes.contains(where: { $0.task == nil }) != true {
                append(permit, nil, nil, to: &state) { if case .success = $0 { onGrant() } }
            }
            return false
        }
        if isTaken { onGrant() }
    }

    /// A permit here is held once it is granted: its backend starts at once.
    func start(_ permit: Permit) {}

    private func takeFree(for permit: Permit, _ claim: AdmissionClaim?, _ state: inout State) -> Bool {
        guard state.available(to: claim.map(\.principal)) > 0 else { return false }
        if let claim { state.reserve.didServe(claim.principal) }
        state.available -= 1
        permit.phase = .held
        running.add(1)
        return true
    }

    /// Queues `resume`, or returns the result if there is no need to wait.
    private func queue(
        _ permit: Permit, _ task: UInt64, _ claim: AdmissionClaim?, _ resume: @escaping Resume
    ) -> Result<Void, any Error>? {
        state.withLock { state in
            if Task.isCancelled { return .failure(CancellationError()) }
            // A permit may have been released since the number was drawn.
            if permit.phase != .absent || takeFree(for: permit, claim, &state) { return .success(()) }
            if let claim, !bound.accepts(claim.principal, count: state.queue.newCount, { state.queue.newCounts }) {
                let seconds = state.retryAfter.seconds(waiting: state.queue.count, at: .now)
                return .failure(Refusal.full(position: state.queue.newCount + 1, retryAfter: seconds))
            }
            append(permit, task, claim, to: &state, resume)
            return nil
        }
    }

    // MARK: The queue

    /// Adds a permit to the queue. The `waiting` gauge changes under the same lock.
    private func append(
        _ permit: Permit, _ task: UInt64?, _ claim: AdmissionClaim?, to state: inout State, _ resume: @escaping Resume
    ) {
        if claim == nil, let arrival = state.arrival(of: permit) {
            state.waiters[arrival]?.resumes.append((task, resume))
            return
        }
        if state.queue.isEmpty { state.retryAfter.queueDidBegin(at: .now) }
        let arrival = state.nextNumber()
        if let claim { state.queue.insert(arrival, for: claim) } else { state.queue.insertReturning(arrival) }
        state.waiters[arrival] = Waiter(
            permit: permit, isNew: claim != nil, principal: claim?.principal, resumes: [(task, resume)])
        waiting.add(1)
    }

    /// Forgets a permit that has left the queue.
    private func removeWaiter(_ arrival: UInt64, from state: inout State) -> Waiter? {
        if state.queue.isEmpty { state.retryAfter.queueDidEnd(at: .now) }
        waiting.add(-1)
        return state.waiters.removeValue(forKey: arrival)
    }

    private func cancel(_ task: UInt64) {
        let resume: Resume? = state.withLock { state in
            for (arrival, waiter) in state.waiters {
                guard let index = waiter.resumes.firstIndex(where: { $0.task == task }) else { continue }
                state.waiters[arrival]?.resumes.remove(at: index)
                if waiter.resumes.count == 1 {
                    state.queue.remove(arrival)
                    _ = removeWaiter(arrival, from: &state)
                }
                return waiter.resumes[index].resume
            }
            return nil
        }
        resume?(.failure(CancellationError()))
    }

    // MARK: Giving back

    /// Those that leave the queue, and how.
    private typealias Leaving = [(waiter: Waiter?, result: Result<Void, any Error>)]

    @discardableResult
    func yield(_ permit: Permit, ifWanted: Bool) -> Bool {
        let (isYielded, leaving) = state.withLock { state -> (Bool, Leaving) in
            guard permit.phase == .held, !ifWanted || !state.queue.isEmpty else { return (false, []) }
            permit.phase = .absent
            return (true, passOn(&state))
        }
        resume(leaving)
        return isYielded
    }

    func correct(_ permit: Permit, by change: Int, of principal: String?) {
        state.withLock { $0.queue.correct(principal, in: permit.queuePeriod, by: change) }
    }

    /// Ends a permit in any phase: granted, in the queue, or yielded.
    func release(_ permit: Permit) {
        let leaving = state.withLock { state -> Leaving in
            let phase = permit.phase
            permit.phase = .over
            if phase == .held { return passOn(&state) }
            guard phase == .absent, let arrival = state.arrival(of: permit) else { return [] }
            state.queue.remove(arrival)
            return [(removeWaiter(arrival, from: &state), .failure(CancellationError()))]
        }
        resume(leaving)
    }

    private func resume(_ leaving: Leaving) {
        for (waiter, result) in leaving { for (_, resume) in waiter?.resumes ?? [] { resume(result) } }
    }

    /// Frees a permit, and grants what is free to the first in the queue. Ends the wait of requests whose
    /// deadline has passed: their own timers may be late while backends occupy every thread.
    private func passOn(_ state: inout State) -> Leaving {
        running.add(-1)
        state.available += 1
        var leaving: Leaving = []
        if !state.queue.isEmpty {
            for arrival in state.queue.removeExpired(at: .now) {
                leaving.append((removeWaiter(arrival, from: &state), .failure(BackendError.deadlineExceeded)))
            }
        }
        while !state.queue.isEmpty, state.available(to: state.queue.firstPrincipal) > 0 {
            guard let next = grantFirst(&state) else { break }
            leaving.append((next, .success(())))
        }
        return leaving
    }

    private func grantFirst(_ state: inout State) -> Waiter? {
        var period: UInt64 = 0
        guard let arrival = state.queue.popFirst(onServe: { period = $0 }) else { return nil }
        state.retryAfter.didServe(at: .now)
        let next = removeWaiter(arrival, from: &state)
        if let next, next.isNew {
            next.permit.queuePeriod = period
            state.reserve.didServe(next.principal)
        }
        next?.permit.phase = .held
        state.available -= 1
        running.add(1)
        return next
    }
}
