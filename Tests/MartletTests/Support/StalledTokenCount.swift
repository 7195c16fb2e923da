import Martlet
import MartletTestSupport
import Testing

/// Waits until the server has generated tokens and then none for a while, and returns the number of tokens.
nonisolated(nonsending) func stalledTokenCount(of server: RunningServer) async throws -> Int {
    var (tokens, since) = (0, ContinuousClock.now)
    try await eventually {
        if server.counters.generatedTokens != tokens {
            (tokens, since) = (server.counters.generatedTokens, .now)
        }
        return tokens > 0 && ContinuousClock.now - since > .milliseconds(300)
    }
    return tokens
}
