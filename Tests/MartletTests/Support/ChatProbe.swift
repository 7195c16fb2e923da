import Martlet
import MartletOpenAI

/// A backend that can only chat, as a closure says.
struct ChatProbe: ChatBackend {
    var capabilities: Capabilities = []
    var maxConcurrency = 64
    var retainedBody = RetainedBody.json
    let answer: @Sendable (ChatRequest, StreamSink) async throws -> Void

    func listModels() -> [Model] { ["scripted"] }
    func capabilities(of model: String) -> Capabilities { capabilities }

    func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        try await answer(request, sink)
    }
}
