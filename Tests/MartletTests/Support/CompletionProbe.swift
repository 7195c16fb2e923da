import Martlet
import MartletOpenAI

/// A backend that completes token ids with a closure, and does nothing else.
struct CompletionProbe: CompletionBackend {
    var capabilities: Capabilities = []
    var maxConcurrency = 64
    let answer: @Sendable (TokenRequest, StreamSink) async throws -> Void

    func listModels() -> [Model] { ["scripted"] }
    func capabilities(of model: String) -> Capabilities { capabilities }

    func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
        try await answer(request, sink)
    }
}
