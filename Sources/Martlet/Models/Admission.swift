internal import MartletHTTP
internal import MartletUV

/// Permits to generate: a limited number at once, and a limited number waiting, in order of arrival.
final class Admission: Sendable {
    /// A permit was refused.
    enum Refusal: Error, Equatable {
        /// The queue is full. `retryAfter` is the estimate of `RetryAfter`, in seconds.
        case full(retryAfter: Int)
    }

    /// Resumes one task, or wakes one engine, that waits for a permit.
    private typealias Resume = @Sendable (Result<Void, any Error>) -> Void

    /// A permit in the queue, and all that waits for it: several tasks may emit for one request.
    private struct Waiter {
        let permit: Permit
        /// Whether it is the request's first wait.
        let isNew: Bool
        var resumes: [(ticket: Int, resume: Resume)]
    }

    /// Tasks draw tickets from 1 on.
    private static let engineTicket = 0

    private struct State {
        var available: Int
        var lastTicket = 0
        /// In order of arrival.
        var queue: [Waiter] = []
        /// The number of new ones, which alone is bounded.
        var newCount = 0
        var retryAfter = RetryAfter()
    }

    /// The total number of permits.
    let permits: Int
    private let state: Locked<State>
    private let maximumWaiting: Int
    private let running: Gauge
    private let waiting: Gauge
    /// Whether a generation gives its permit to others while its client is slow.
    let yieldsWhilePaused: Bool

    init(
        permits: Int, maximumWaiting: Int = .max, yieldsWhilePaused: Bool = true, running: Gauge = Gauge(),
        waiting: Gauge = Gauge()
    ) {
        self.permits = max(1, permits)
        state = Locked(State(available: self.permits))
        self.maximumWaiting = maximumWaiting
        self.yieldsWhilePaused = yieldsWhilePaused
        self.running = running
        self.waiting = waiting
    }

    /// Runs `body` with a permit, which is released on every path. `hasWaited` is whether it had to wait.
    ///
    /// - Throws: `Refusal.full` if the queue is full; `CancellationError` if the task is cancelled while it waits;
    ///   errors of `body`.
    nonisolated(nonsending) func withPermit(
        _ body: nonisolated(nonsending) (_ permit: Permit, _ hasWaited: Bool) async throws -> Void
    ) async throws {
        try Task.checkCancellation()
        let permit = Permit(self)
        defer { permit.release() }
        let hasWaited = try await take(permit, isNew: true)
        try await body(permit, hasWaited)
    }

    /// The estimated seconds until all requests that wait now have permits.
    var retryAfter: Int { state.withLock { $0.retryAfter.seconds(waiting: $0.queue.count, at: .now) } }

    /// Takes up to `count` free permits. The caller releases them.
    func takeFree(atMost count: Int) -> [Permit] {
        let taken = state.withLock { state in
            let taken = max(0, min(count, state.available))
            state.available -= taken
            running.add(taken)
            return taken
        }
        return (0..<taken).map { _ in Permit(self, .held) }
    }

    // MARK: Taking

    /// Returns once the permit is granted, and whether it had to wait.
    nonisolated(nonsending) func take(_ permit: Permit, isNew: Bool) async throws -> Bool {
        let ticket: Int? = state.withLock { state in
            if permit.phase != .absent || takeFree(for: permit, &state) { return nil }
            state.lastTicket += 1
            return state.lastTicket
        }
        guard let ticket else { return false }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = wait(for: permit, ticket, isNew: isNew) { continuation.resume(with: $0) }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            cancel(ticket)
        }
        return true
    }

    /// Takes the permit as soon as possible, then calls `onGrant`.
    func take(_ permit: Permit, onGrant: @escaping @Sendable () -> Void) {
        let isTaken = state.withLock { state in
            if permit.phase != .absent { return false }
            if takeFree(for: permit, &state) { return true }
            // An engine needs one call, however often its client makes room.
            let place = state.queue.firstIndex { $0.permit === permit }
            if place.map({ state.queue[$0].resumes.contains { $0.ticket == Self.engineTicket } }) != true {
                append(permit, Self.engineTicket, isNew: false, to: &state) { if case .success = $0 { onGrant() } }
            }
            return false
        }
        if isTaken { onGrant() }
    }

    private func takeFree(for permit: Permit, _ state: inout State) -> Bool {
        guard state.available > 0 else { return false }
        state.available -= 1
        permit.phase = .held
        running.add(1)
        return true
    }

    /// Queues `resume`, or returns the result if there is no need to wait.
    private func wait(
        for permit: Permit, _ ticket: Int, isNew: Bool, _ resume: @escaping Resume
    ) -> Result<Void, any Error>? {
        state.withLock { state in
            if Task.isCancelled { return .failure(CancellationError()) }
            // A permit may have been released since the ticket was drawn.
            if permit.phase != .absent || takeFree(for: permit, &state) { return .success(()) }
            if isNew && state.newCount >= maximumWaiting {
                let seconds = state.retryAfter.seconds(waiting: state.queue.count, at: .now)
                return .failure(Refusal.full(retryAfter: seconds))
            }
            append(permit, ticket, isNew: isNew, to: &state, resume)
            return nil
        }
    }

    // MARK: The queue

    /// Adds a permit to the queue. The `waiting` gauge changes under the same lock.
    private func append(
        _ permit: Permit, _ ticket: Int, isNew: Bool, to state: inout State, _ resume: @escaping Resume
    ) {
        if let place = state.queue.firstIndex(where: { $0.permit === permit }) {
            return state.queue[place].resumes.append((ticket, resume))
        }
        if state.queue.isEmpty { state.retryAfter.queueDidBegin(at: .now) }
        state.queue.append(Waiter(permit: permit, isNew: isNew, resumes: [(ticket, resume)]))
        if isNew { state.newCount += 1 }
        waiting.add(1)
    }

    private func remove(at place: Int, from state: inout State) -> Waiter {
        let waiter = state.queue.remove(at: place)
        if waiter.isNew { state.newCount -= 1 }
        if state.queue.isEmpty { state.retryAfter.queueDidEnd(at: .now) }
        waiting.add(-1)
        return waiter
    }

    private func cancel(_ ticket: Int) {
        let resume: Resume? = state.withLock { state in
            for place in state.queue.indices {
                guard let index = state.queue[place].resumes.firstIndex(where: { $0.ticket == ticket }) else {
                    continue
                }
                let resume = state.queue[place].resumes.remove(at: index).resume
                if state.queue[place].resumes.isEmpty { _ = remove(at: place, from: &state) }
                return resume
            }
            return nil
        }
        resume?(.failure(CancellationError()))
    }

    // MARK: Giving back

    /// Passes a granted permit on to others. Returns whether it did.
    @discardableResult
    func yield(_ permit: Permit, ifWanted: Bool) -> Bool {
        let (isYielded, next) = state.withLock { state -> (Bool, Waiter?) in
            guard permit.phase == .held, !ifWanted || !state.queue.isEmpty else { return (false, nil) }
            permit.phase = .absent
            return (true, passOn(&state))
        }
        if let next { resume(next, .success(())) }
        return isYielded
    }

    /// Ends a permit in any phase: granted, in the queue, or yielded.
    func release(_ permit: Permit) {
        let (next, left) = state.withLock { state -> (Waiter?, Waiter?) in
            let phase = permit.phase
            permit.phase = .over
            if phase == .held { return (passOn(&state), nil) }
            let place = phase == .absent ? state.queue.firstIndex { $0.permit === permit } : nil
            return (nil, place.map { remove(at: $0, from: &state) })
        }
        if let next { resume(next, .success(())) }
        if let left { resume(left, .failure(CancellationError())) }
    }

    private func resume(_ waiter: Waiter, _ result: Result<Void, any Error>) {
        for (_, resume) in waiter.resumes { resume(result) }
    }

    private func passOn(_ state: inout State) -> Waiter? {
        running.add(-1)
        if state.queue.isEmpty {
            state.available += 1
            return nil
        }
        state.retryAfter.didServe(at: .now)
        let next = remove(at: 0, from: &state)
        next.permit.phase = .held
        running.add(1)
        return next
    }
}
