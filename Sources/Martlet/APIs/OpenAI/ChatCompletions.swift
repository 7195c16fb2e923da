internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /v1/chat/completions`.
extension Service {
    /// - Parameter addedMembers: Members beside the usage, for an API whose replies are OpenAI's and more.
    nonisolated(nonsending) func chatCompletions(
        _ request: ModelRequest, adding addedMembers: @escaping @Sendable (GenerationFacts) -> JSONObject = { _ in [:] }
    ) async throws {
        let model = request.model
        let chat = try model.required(model.host.chat, "Chat completions")
        let parameters = try await decode(request) { body, model, capabilities throws(OpenAIError) in
            try ChatRequest(decoding: body, model: model, capabilities: capabilities)
        }
        try checkBatchSize(choices: parameters.n)
        try reserveTokens(of: parameters.textSize, for: request)
        var prompt = ReplyPlan.Prompt(textSize: parameters.textSize, maxTokens: parameters.maxTokens)
        if parameters.returnsTokenIDs, let tokenizing = model.host.tokenizing {
            prompt.tokenIDs = try await model.host.tokenize { try await tokenizing.applyTemplate(parameters) }
        }
        let plan = ReplyPlan(
            id: request.http.uniqueID, model: model.id, created: now, arrival: request.http.arrival,
            isStreamed: parameters.stream,
            streamOptions: parameters.streamOptions, n: parameters.n, prompts: [prompt], stop: parameters.stop,
            stopTokenIDs: Set(parameters.sampling.stopTokenIDs),
            allowsParallelToolCalls: parameters.parallelToolCalls,
            showsTokens: parameters.topLogprobs != nil || parameters.returnsTokenIDs,
            sampling: parameters.sampling, maxTokens: parameters.maxTokens)
        let format = ChatFormat(topLogprobs: parameters.topLogprobs, includesTokenIDs: parameters.returnsTokenIDs)
        try await reply(
            to: request, plan, as: OpenAIFormat(plan, format, adding: addedMembers),
            preparing: { try await compiled(parameters, for: model) },
            generating: { ready, reply, permit in
                try await run(reply, of: model, promptIndex: 0, by: permit) {
                    try await chat.chatCompletionStream(ready, to: $0)
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
