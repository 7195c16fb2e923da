internal import MartletHTTP
internal import MartletOpenAI

/// Runs the generation of a chat, whichever API has asked for it.
extension Service {
    /// Generates the reply to a decoded chat and sends it in a format.
    ///
    /// - Parameters:
    ///   - prompt: What is known of the prompt besides the length of its text.
    ///   - showsTokens: Whether the reply includes log-probabilities or token ids.
    ///   - makeFormat: Makes the format from what is known of the reply.
    nonisolated(nonsending) func generate(
        _ chat: ChatRequest, for request: ModelRequest, with backend: any ChatBackend, showsTokens: Bool,
        prompt: ReplyPlan.Prompt = ReplyPlan.Prompt(), as makeFormat: (ReplyPlan) -> any ReplyFormat
    ) async throws {
        let model = request.model
        var prompt = prompt
        (prompt.textSize, prompt.maxTokens) = (chat.textSize, chat.maxTokens)
        let plan = ReplyPlan(
            id: request.http.uniqueID, model: model.id, created: now, arrival: request.http.arrival,
            isStreamed: chat.stream, streamOptions: chat.streamOptions, n: chat.n, prompts: [prompt], stop: chat.stop,
            stopTokenIDs: Set(chat.sampling.stopTokenIDs), allowsParallelToolCalls: chat.parallelToolCalls,
            showsTokens: showsTokens, sampling: chat.sampling, maxTokens: chat.maxTokens)
        try await reply(
            to: request, plan, as: makeFormat(plan),
            preparing: { try await compiled(chat, for: model) },
            generating: { ready, reply, permit in
                try await run(reply, of: model, promptIndex: 0, by: permit) {
                    try await backend.chatCompletionStream(ready, to: $0)
                }
            })
    }
}

extension ChatRequest {
    /// The length of the text of all messages in bytes.
    var textSize: Int {
        messages.reduce(0) { size, message in
            message.toolCalls.reduce(size + (message.reasoning?.utf8.count ?? 0)) { $0 + $1.arguments.utf8.count }
                + message.content.reduce(0) { $0 + ($1.text?.utf8.count ?? 0) }
        }
    }
}
