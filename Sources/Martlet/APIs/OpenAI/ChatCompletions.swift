internal import MartletHTTP
internal import MartletOpenAI

/// `POST /v1/chat/completions`.
extension Service {
    nonisolated(nonsending) func chatCompletions(
        _ request: HTTPRequest, _ response: ResponseStream, with chat: any ChatBackend
    ) async throws {
        let (model, decoded) = try await decode(request, response) {
            body, model, capabilities throws(OpenAIError) in
            try ChatRequest(decoding: body, model: model, capabilities: capabilities)
        }
        try checkBatchSize(choices: decoded.n)
        var parameters = decoded
        parameters.context = context(of: request)
        var prompt = ReplyPlan.Prompt(maxTokens: parameters.maxTokens)
        if parameters.returnsTokenIDs, let tokenizing {
            let ready = parameters
            prompt.tokenIDs = try await offLoop(on: threads) { try await tokenizing.applyTemplate(ready) }
        }
        let plan = ReplyPlan(
            id: request.uniqueID, model: model.id, created: now, isStreamed: parameters.stream,
            streamOptions: parameters.streamOptions, n: parameters.n, prompts: [prompt], stop: parameters.stop,
            stopTokenIDs: Set(parameters.sampling.stopTokenIDs),
            allowsParallelToolCalls: parameters.parallelToolCalls,
            showsTokens: parameters.topLogprobs != nil || parameters.returnsTokenIDs)
        let format = ChatFormat(topLogprobs: parameters.topLogprobs, tellsTokenIDs: parameters.returnsTokenIDs)
        let reply = Reply(plan, format: OpenAIFormat(plan, format), to: response, counting: gauges.generatedTokens)
        let ready = parameters
        try await generate(reply, isStreamed: plan.isStreamed) { permit in
            try await run(reply, promptIndex: 0, by: permit) { try await chat.chatCompletionStream(ready, to: $0) }
        }
    }
}
