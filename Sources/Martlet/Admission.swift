internal import MartletHTTP
internal import MartletUV

/// Permits to generate: so many at once, so many waiting, first come first served.
final class Admission: Sendable {
    /// Why there was no permit.
    enum Refusal: Error {
        case full
    }

    private struct State {
        var available: Int
        var nextTicket = 0
        var waiters: [(ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let state: Locked<State>
    private let maximumWaiting: Int
    private let running: Gauge
    private let waiting: Gauge

    init(permits: Int, maximumWaiting: Int, running: Gauge, waiting: Gauge) {
        state = Locked(State(available: max(1, permits)))
        self.maximumWaiting = maximumWaiting
        self.running = running
        self.waiting = waiting
    }

    /// Runs `body` with a permit, which leaves on every path. `body` is told whether it had to wait for it.
    ///
    /// - Throws: `Refusal.full` when as many wait as may; `CancellationError` when the task is cancelled before it has
    ///   one; what `body` throws.
    nonisolated(nonsending) func withPermit(
        _ body: nonisolated(nonsending) (_ hasWaited: Bool) async throws -> Void
    ) async throws {
        let hasWaited = try await acquire()
        running.add(1)
        defer {
            running.add(-1)
            release()
        }
        try await body(hasWaited)
    }

    private nonisolated(nonsending) func acquire() async throws -> Bool {
        try Task.checkCancellation()
        let ticket: Int? = state.withLock { state in
            if state.available > 0 {
                state.available -= 1
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return false }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(ticket, $0) }
        } onCancel: {
            cancel(ticket)
        }
        return true
    }

    /// Whoever is counted in `waiting` has a place in the queue: the gauge changes under the same lock.
    private func wait(_ ticket: Int, _ continuation: CheckedContinuation<Void, any Error>) {
        let result: Result<Void, any Error>? = state.withLock { state in
            if Task.isCancelled { return .failure(CancellationError()) }
            // A permit may have come back since the ticket was drawn.
            if state.available > 0 {
                state.available -= 1
                return .success(())
            }
            if state.waiters.count >= maximumWaiting { return .failure(Refusal.full) }
            state.waiters.append((ticket, continuation))
            waiting.add(1)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    private func cancel(_ ticket: Int) {
        let waiter = state.withLock { state in
            let place = state.waiters.firstIndex { $0.ticket == ticket }
            return place.map { removeWaiter(at: $0, from: &state) }
        }
        waiter?.resume(throwing: CancellationError())
    }

    private func removeWaiter(at place: Int, from state: inout State) -> CheckedContinuation<Void, any Error> {
        waiting.add(-1)
        return state.waiters.remove(at: place).continuation
    }

    /// Takes up to so many permits that nobody waits for, and returns how many it got; they go back by `giveBack`.
    func takeFree(atMost count: Int) -> Int {
        let taken = state.withLock { state in
            let taken = max(0, min(count, state.available))
            state.available -= taken
            return taken
        }
        running.add(taken)
        return taken
    }

    func giveBack(_ count: Int) {
        running.add(-count)
        for _ in 0..<count { release() }
    }

    private func release() {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            if state.waiters.isEmpty {
                state.available += 1
                return nil
            }
            return removeWaiter(at: 0, from: &state)
        }
        next?.resume()
    }
}
