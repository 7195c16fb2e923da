import Martlet
import MartletOpenAI

/// A backend whose tokens are the bytes of a text. It completes a prompt by repeating its token ids, and embeds an
/// input as the vector of its token ids.
struct LetterBackend: CompletionBackend, EmbeddingBackend, Tokenizing {
    var contextLimit: Int?

    func listModels() -> [Model] { ["scripted"] }
    func contextLength(of model: String) -> Int? { contextLimit }

    func encode(_ text: String, model: String) -> [Int] { text.utf8.map(Int.init) }
    func decode(_ tokenIDs: [Int], model: String) -> String {
        String(decoding: tokenIDs.map(UInt8.init), as: UTF8.self)
    }
    func applyTemplate(_ request: ChatRequest) -> [Int] { request.messages.flatMap { encode($0.text, model: "") } }

    func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
        for id in request.promptTokenIDs {
            try await sink.emit(.token(Token(id: id, bytes: [UInt8(truncatingIfNeeded: id)])))
        }
    }

    func embeddings(for request: EmbeddingRequest) -> Embeddings {
        Embeddings(
            request.inputs.map { input in
                switch input {
                case .text: []
                case .tokenIDs(let ids): ids.map(Float.init)
                }
            })
    }
}
