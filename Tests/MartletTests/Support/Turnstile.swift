import Synchronization

/// Blocks calls until a test lets them through one by one.
final class Turnstile: Sendable {
    private let state = Mutex((arrived: 0, passed: 0, allowed: 0))

    /// The number of calls that wait or have passed.
    var arrived: Int { state.withLock { $0.arrived } }
    var passed: Int { state.withLock { $0.passed } }

    /// Lets further calls through.
    func allow(_ count: Int) { state.withLock { $0.allowed += count } }

    func pass() async throws {
        state.withLock { $0.arrived += 1 }
        while !mayPass() { try await Task.sleep(for: .milliseconds(1)) }
    }

    private func mayPass() -> Bool {
        state.withLock { state in
            guard state.passed < state.allowed else { return false }
            state.passed += 1
            return true
        }
    }
}
