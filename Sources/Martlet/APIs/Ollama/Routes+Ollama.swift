internal import MartletHTTP

/// Ollama's own API: a third way to write the same answers.
extension Routes {
    static func ollama(_ service: Service) -> [String: [HTTPMethod: Endpoint]] {
        let (chat, embedding) = (service.chat, service.embedding)
        let generates = service.chat != nil || service.completion != nil
        return [
            "/api/version": [.get: .immediate(Service.ollamaVersion)],
            "/api/tags": [.get: .task { try await $0.ollamaTags($1, $2) }],
            "/api/ps": [.get: .task { try await $0.ollamaProcesses($1, $2) }],
            "/api/show": [.post: .task { try await $0.ollamaShow($1, $2) }],
            "/api/chat": [
                .post: endpoint(chat, "Chats") { it in { try await $0.ollamaChat($1, $2, with: it) } }
            ],
            "/api/generate": [
                .post: endpoint(generates ? service : nil, "Completions") { _ in
                    { try await $0.ollamaGenerate($1, $2) }
                }
            ],
            "/api/embed": [
                .post: endpoint(embedding, "Embeddings") { it in { try await $0.ollamaEmbed($1, $2, with: it) } }
            ],
            "/api/embeddings": [
                .post: endpoint(embedding, "Embeddings") { it in { try await $0.ollamaEmbeddings($1, $2, with: it) } }
            ],
        ]
    }
}
