internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

extension APIDialect {
    /// OpenAI's API, with vLLM's endpoints for tokens.
    static let openAI = APIDialect(
        name: "OpenAI",
        // Some clients' base URL lacks it.
        prefix: "/v1",
        endpoints: openAIEndpoints,
        errors: OpenAIErrors(),
        absent: [
            // Stored completions: listing, retrieving, updating, deleting, and their messages.
            AbsentPart("/chat/completions", prefix: "/v1", .exactly, methods: [.get, .head]),
            AbsentPart("/chat/completions", prefix: "/v1", .below),
            AbsentPart("/models", prefix: "/v1", .below, methods: [.delete]),
        ]
            + [
                "audio", "images", "moderations", "files", "uploads", "batches", "fine_tuning",
                "assistants", "threads", "vector_stores", "realtime", "conversations", "evals", "containers", "videos",
                "skills", "chatkit", "agents", "organization", "projects",
            ].map { AbsentPart("/\($0)", prefix: "/v1") })

    private static let infer = RouteRequirement.permission(.infer)

    private static let openAIEndpoints: [String: [HTTPMethod: Endpoint]] = [
        "/models": [.get: .read { service, _, principal in service.listModels(principal) }],
        "/models/": [
            .get: .read { service, head, principal throws(OpenAIError) in try service.retrieveModel(head, principal) }
        ],
        "/chat/completions": [
            .post: .model(
                "Chat completions", { $0.chat != nil }, requires: infer, relayedAs: .chatCompletions,
                { try await $0.chatCompletions($1) })
        ],
        "/completions": [
            .post: .model(
                "Completions", { $0.completion != nil }, requires: infer, relayedAs: .completions,
                { try await $0.completions($1) })
        ],
        "/embeddings": [
            .post: .model(
                "Embeddings", { $0.embedding != nil }, requires: .permission(.embed), relayedAs: .embeddings,
                { try await $0.embeddings($1) })
        ],
        "/tokenize": [
            .post: .model(
                "Tokens", { $0.tokenizing != nil }, requires: infer, relayedAs: .tokenize, { try await $0.tokenize($1) }
            )
        ],
        "/detokenize": [
            .post: .model(
                "Tokens", { $0.tokenizing != nil }, requires: infer, relayedAs: .detokenize,
                { try await $0.detokenize($1) })
        ],
        "/apply-template": [
            .post: .model(
                "Chat templates", { $0.tokenizing != nil }, requires: infer, relayedAs: .applyTemplate,
                { try await $0.applyTemplate($1) })
        ],
        "/tokenizer_info": [
            .get: .model(
                "Tokens", { $0.tokenizing != nil }, requires: infer, relayedAs: .tokenizerInfo,
                { try await $0.tokenizerInfo($1) })
        ],
    ]
}

/// OpenAI's error envelope with four members. In a stream it is an event, followed by `[DONE]`.
struct OpenAIErrors: ErrorEnvelope {
    func body(_ error: OpenAIError) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(error)
        return writer.bytes
    }

    func appendEnd(_ error: OpenAIError, to bytes: inout [UInt8]) -> Bool {
        ServerSentEvents.beginEvent(to: &bytes)
        bytes.append(contentsOf: body(error))
        ServerSentEvents.endEvent(to: &bytes)
        bytes.append(contentsOf: ServerSentEvents.done)
        return true
    }
}
