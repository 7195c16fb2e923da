internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

extension APIDialect {
    /// Ollama's own API.
    static let ollama = APIDialect(
        name: "Ollama",
        endpoints: [
            "/api/version": [.get: .immediate(requires: .principal) { $0.ollamaVersion() }],
            "/api/tags": [.get: .read { service, _, principal in service.ollamaTags(principal) }],
            "/api/ps": [.get: .read { service, _, principal in service.ollamaProcesses(principal) }],
            "/api/show": [
                .post: ollama("Models", { _ in true }, requires: .principal, { try await $0.ollamaShow($1) })
            ],
            "/api/chat": [
                .post: ollama(
                    "Chats", { $0.chat != nil }, requires: .permission(.infer), { try await $0.ollamaChat($1) })
            ],
            "/api/generate": [
                .post: ollama(
                    "Completions", { $0.chat != nil || $0.completion != nil }, requires: .permission(.infer),
                    { try await $0.ollamaGenerate($1) })
            ],
            "/api/embed": [
                .post: ollama(
                    "Embeddings", { $0.embedding != nil }, requires: .permission(.embed),
                    { try await $0.ollamaEmbed($1) })
            ],
            "/api/embeddings": [
                .post: ollama(
                    "Embeddings", { $0.embedding != nil }, requires: .permission(.embed),
                    { try await $0.ollamaEmbeddings($1) })
            ],
        ],
        errors: OllamaErrors(),
        // The endpoints that manage models.
        absent: ["pull", "push", "create", "copy", "delete", "blobs"].map { AbsentPart("/api/\($0)") },
        banner: (port: 11434, text: ollamaBanner))

    fileprivate static let ollamaBanner = "Ollama is running"

    private static func ollama(
        _ name: String, _ isOffered: @escaping @Sendable (ServedBackend) -> Bool,
        requires requirement: RouteRequirement, _ answer: @escaping ModelEndpoint.Answer
    ) -> Endpoint {
        .model(name, isOffered, requires: requirement, resolve: OllamaModelName.resolve, answer)
    }
}

/// An object with the message as `error`; in a stream, it is the last line.
private struct OllamaErrors: ErrorEnvelope {
    func body(_ error: OpenAIError) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.member("error", OllamaBody.names.message(of: error)) }
        return writer.bytes
    }

    func appendEnd(_ error: OpenAIError, to bytes: inout [UInt8]) -> Bool {
        bytes += body(error)
        bytes.append(UInt8(ascii: "\n"))
        return true
    }
}

extension ServerConfiguration {
    /// Whether `/` responds with Ollama's banner, by which some clients detect the server. Nil means only on Ollama's
    /// default port, 11434.
    public var ollamaBanner: Bool? {
        get { banner.map { $0 == APIDialect.ollamaBanner } }
        set { banner = newValue.map { $0 ? APIDialect.ollamaBanner : Self.defaultBanner } }
    }
}
