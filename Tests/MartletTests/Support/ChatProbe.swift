import Martlet
import MartletOpenAI

/// A backend that replies to chats with a closure, and does nothing else.
struct ChatProbe: ChatBackend {
    var capabilities: Capabilities = []
    var maxConcurrency = 64
    var schedulesItself = false
    var yieldsWhilePaused: Bool { yields ?? (maxConcurrency > 1) }
    var yields: Bool?
    var retainedBody = RetainedBody.json
    let answer: @Sendable (ChatRequest, StreamSink) async throws -> Void

    func listModels() -> [Model] { ["scripted"] }
    func capabilities(of model: String) -> Capabilities { capabilities }

    func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        try await answer(request, sink)
    }
}
