internal import Logging
internal import MartletUV

/// Which parameters a server has refused, learned from its errors. Shared by all clients of that server in the process.
final class ServerQuirks: Sendable {
    private struct State {
        var refusesStreamOptions = false
        var refusesBase64 = false
        var refusesReasoning = false
        /// Model ids.
        var refusesThinking: Set<String> = []
    }

    private let state = Locked(State())

    var refusesStreamOptions: Bool { state.withLock { $0.refusesStreamOptions } }

    func refusesThinking(_ model: String) -> Bool { state.withLock { $0.refusesThinking.contains(model) } }

    func recordStreamOptionsRefused() { state.withLock { $0.refusesStreamOptions = true } }

    func recordThinkingRefused(_ model: String) { state.withLock { _ = $0.refusesThinking.insert(model) } }

    /// Whether messages must not contain `reasoning_content`.
    var refusesReasoning: Bool { state.withLock { $0.refusesReasoning } }

    func recordReasoningRefused() { state.withLock { $0.refusesReasoning = true } }

    var refusesBase64: Bool { state.withLock { $0.refusesBase64 } }

    func recordBase64Refused() { state.withLock { $0.refusesBase64 = true } }

    // MARK: By server

    private static let known = Locked<[BaseURL: ServerQuirks]>([:])
    /// With more servers than this, everything learned is dropped.
    private static let maximumServers = 1024

    /// The quirks of a server, created on first use.
    static func shared(for server: BaseURL) -> ServerQuirks {
        known.withLock { known in
            if let quirks = known[server] { return quirks }
            if known.count >= maximumServers { known = [:] }
            let quirks = ServerQuirks()
            known[server] = quirks
            return quirks
        }
    }
}

extension Client {
    /// Whether the error reports that the server refuses `stream_options`; if so, records it.
    func learnsStreamOptionsRefusal(from error: ClientError) -> Bool {
        guard error.status == 400 || error.status == 422 else { return false }
        let words = String(decoding: error.body, as: UTF8.self).lowercased()
        guard words.contains("stream_options") || words.contains("include_usage") else { return false }
        logger?.notice("server refuses stream_options; usage of streams is not reported")
        quirks.recordStreamOptionsRefused()
        return true
    }
}
