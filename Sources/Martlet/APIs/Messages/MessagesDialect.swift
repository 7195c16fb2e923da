internal import MartletHTTP
internal import MartletOpenAI

extension APIDialect {
    /// Anthropic's Messages API. Every value of `anthropic-version` means the same here, and a request without it is
    /// accepted: versions differ in what Anthropic has removed.
    static let messages = APIDialect(
        name: "Anthropic",
        // Some clients' base URL has it already, and others' code leaves it out.
        prefix: "/v1",
        endpoints: [
            "/messages": [
                .post: .model(
                    "Messages", { $0.chat != nil }, requires: .permission(.infer), relayedAs: .messages,
                    { try await $0.messages($1) })
            ],
            "/messages/count_tokens": [
                .post: .model(
                    "Token counts", { $0.chat != nil && $0.tokenizing != nil }, requires: .permission(.infer),
                    relayedAs: .messageTokens, { try await $0.countMessageTokens($1) })
            ],
            "/models": [
                .get: .read { service, head, principal throws(OpenAIError) in
                    try service.listMessagesModels(head, principal)
                }
            ],
            "/models/": [
                .get: .read { service, head, principal throws(OpenAIError) in
                    try service.retrieveMessagesModel(head, principal)
                }
            ],
        ],
        errors: MessagesErrors(),
        absent: [
            AbsentPart("/messages/batches", prefix: "/v1"), AbsentPart("/complete", prefix: "/v1"),
            AbsentPart("/organizations", prefix: "/v1"),
        ],
        claims: { $0.fields.contains("anthropic-version") })
}
