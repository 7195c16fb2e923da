internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// Ollama's own API.
extension Routes {
    static var ollama: [String: [HTTPMethod: Endpoint]] {
        [
            "/api/version": [.get: .immediate(Service.ollamaVersion)],
            "/api/tags": [.get: .read(Service.ollamaTags)],
            "/api/ps": [.get: .read(Service.ollamaProcesses)],
            "/api/show": [.post: endpoint("Models", { _ in true }, { try await $0.ollamaShow($1) })],
            "/api/chat": [.post: endpoint("Chats", { $0.chat != nil }, { try await $0.ollamaChat($1) })],
            "/api/generate": [
                .post: endpoint(
                    "Completions", { $0.chat != nil || $0.completion != nil }, { try await $0.ollamaGenerate($1) })
            ],
            "/api/embed": [.post: endpoint("Embeddings", { $0.embedding != nil }, { try await $0.ollamaEmbed($1) })],
            "/api/embeddings": [
                .post: endpoint("Embeddings", { $0.embedding != nil }, { try await $0.ollamaEmbeddings($1) })
            ],
        ]
    }

    private static func endpoint(
        _ name: String, _ isOffered: @escaping @Sendable (ServedBackend) -> Bool, _ answer: @escaping Answer
    ) -> Endpoint {
        .model(ModelEndpoint(name: name, isOffered: isOffered, resolve: OllamaModelName.resolve, answer: answer))
    }
}
