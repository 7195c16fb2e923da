internal import MartletUV

/// What a client has learned of its server: which parameters it refuses. Copies of a client share it.
final class ServerMemory: Sendable {
    private struct State {
        var refusesStreamOptions = false
        /// By model.
        var refusesThinking: Set<String> = []
    }

    private let state = Locked(State())

    var refusesStreamOptions: Bool { state.withLock { $0.refusesStreamOptions } }

    func refusesThinking(_ model: String) -> Bool { state.withLock { $0.refusesThinking.contains(model) } }

    /// Returns false if it was known.
    func noteStreamOptionsRefused() -> Bool {
        state.withLock { state in
            defer { state.refusesStreamOptions = true }
            return !state.refusesStreamOptions
        }
    }

    /// Returns false if it was known.
    func noteThinkingRefused(_ model: String) -> Bool { state.withLock { $0.refusesThinking.insert(model).inserted } }
}
