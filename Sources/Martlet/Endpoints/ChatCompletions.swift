internal import MartletHTTP
internal import MartletOpenAI

/// `POST /v1/chat/completions`.
extension Service {
    nonisolated(nonsending) func chatCompletions(
        _ request: HTTPRequest, _ response: ResponseStream, with chat: any ChatBackend
    ) async throws {
        let (model, decoded) = try await decode(request, knowing: .chat) {
            body, model, capabilities throws(OpenAIError) in
            try ChatRequest(decoding: body, model: model, capabilities: capabilities)
        }
        var parameters = decoded
        parameters.context = context(of: request)
        let plan = ReplyPlan(
            id: request.uniqueID, model: model.id, created: now, isStreamed: parameters.stream,
            includesUsage: parameters.streamOptions.includesUsage, n: parameters.n, promptTokens: [0],
            stop: parameters.stop,
            maxTokens: [parameters.maxTokens], tellsTokenIDs: false)
        let reply = Reply(plan, format: ChatFormat(), to: response, counting: gauges.generatedTokens)
        try await generate(reply, isStreamed: plan.isStreamed) {
            try await run(reply, promptIndex: 0) { try await chat.chatCompletionStream(parameters, to: $0) }
        }
    }
}
