import Martlet
import MartletTestSupport
import Testing

/// Waits until the server has generated something and then nothing for a while, and returns how many tokens that were.
nonisolated(nonsending) func standstill(of server: Server) async throws -> Int {
    var (tokens, since) = (0, ContinuousClock.now)
    try await eventually {
        if server.counters.generatedTokens != tokens {
            (tokens, since) = (server.counters.generatedTokens, .now)
        }
        return tokens > 0 && ContinuousClock.now - since > .milliseconds(300)
    }
    return tokens
}
