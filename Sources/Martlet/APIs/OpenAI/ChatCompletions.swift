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
        var prompt = ReplyPlan.Prompt()
        if parameters.returnsTokenIDs, let tokenizing = model.host.tokenizing {
            prompt.tokenIDs = try await model.host.tokenize { try await tokenizing.applyTemplate(parameters) }
        }
        let format = ChatFormat(topLogprobs: parameters.topLogprobs, includesTokenIDs: parameters.returnsTokenIDs)
        try await generate(
            parameters, for: request, with: chat,
            showsTokens: parameters.topLogprobs != nil || parameters.returnsTokenIDs, prompt: prompt,
            as: { OpenAIFormat($0, format, adding: addedMembers) })
    }
}
