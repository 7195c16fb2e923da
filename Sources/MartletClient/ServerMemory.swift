internal import MartletUV

/// What was learned of a server: which parameters it refuses.
final class ServerMemory: Sendable {
    private struct State {
        var refusesStreamOptions = false
        var refusesBase64 = false
        var refusesReasoning = false
        /// By model.
        var refusesThinking: Set<String> = []
    }

    private let state = Locked(State())

    var refusesStreamOptions: Bool { state.withLock { $0.refusesStreamOptions } }

    func refusesThinking(_ model: String) -> Bool { state.withLock { $0.refusesThinking.contains(model) } }

    func noteStreamOptionsRefused() { state.withLock { $0.refusesStreamOptions = true } }

    func noteThinkingRefused(_ model: String) { state.withLock { _ = $0.refusesThinking.insert(model) } }

    /// Whether messages must not have `reasoning_content`.
    var refusesReasoning: Bool { state.withLock { $0.refusesReasoning } }

    func noteReasoningRefused() { state.withLock { $0.refusesReasoning = true } }

    var refusesBase64: Bool { state.withLock { $0.refusesBase64 } }

    func noteBase64Refused() { state.withLock { $0.refusesBase64 = true } }

    // MARK: One for each server

    private static let known = Locked<[BaseURL: ServerMemory]>([:])
    /// Beyond so many servers the memory begins anew.
    private static let maximumServers = 1024

    /// What is known of a server, by all clients of the process.
    static func of(_ server: BaseURL) -> ServerMemory {
        known.withLock { known in
            if let memory = known[server] { return memory }
            if known.count >= maximumServers { known = [:] }
            let memory = ServerMemory()
            known[server] = memory
            return memory
        }
    }
}
