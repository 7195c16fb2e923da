internal import MartletHTTP
internal import MartletOpenAI
internal import MartletUV

/// `POST /v1/completions`.
extension Service {
    nonisolated(nonsending) func completions(
        _ request: HTTPRequest, _ response: ResponseStream, with completion: any CompletionBackend
    ) async throws {
        var (model, parameters) = try await decode(request) {
            body, model, capabilities throws(OpenAIError) in
            try CompletionRequest(decoding: body, model: model, capabilities: capabilities)
        }
        parameters.context = context(of: request)
        let tokenIDs = try await tokenIDs(
            of: parameters.prompts, model: model.id, param: "prompt", room: min(1, parameters.maxTokens))
        var prompts: [TokenRequest] = []
        for (prompt, ids) in zip(parameters.prompts, tokenIDs) {
            var text: String?
            if case .text(let given) = prompt { text = given }
            var prompt = TokenRequest(parameters, promptTokenIDs: ids, prompt: text)
            if let limit = backend.contextLength(of: model.id) {
                prompt.maxTokens = min(prompt.maxTokens, limit - ids.count)
            }
            prompts.append(prompt)
        }
        let showsIDs = parameters.returnsTokenIDs || tokenizing == nil
        var plan = ReplyPlan(
            id: request.uniqueID, model: model.id, created: now, isStreamed: parameters.stream,
            streamOptions: parameters.streamOptions, n: parameters.n, prompts: [], stop: parameters.stop,
            stopTokenIDs: Set(parameters.sampling.stopTokenIDs), echoes: parameters.echo,
            showsTokens: parameters.topLogprobs != nil || showsIDs)
        for prompt in prompts {
            plan.prompts.append(try await self.plan(prompt, of: parameters))
        }
        let format = CompletionFormat(
            topLogprobs: parameters.topLogprobs, tellsTokenIDs: parameters.returnsTokenIDs, tellsIDs: tokenizing == nil)
        let reply = Reply(plan, format: OpenAIFormat(plan, format), to: response, counting: gauges.generatedTokens)
        try await generate(reply, isStreamed: plan.isStreamed) {
            try await complete(prompts, with: completion, reply)
        }
    }

    /// What the reply has to know of a prompt.
    private nonisolated(nonsending) func plan(
        _ prompt: TokenRequest, of parameters: CompletionRequest
    ) async throws -> ReplyPlan.Prompt {
        var plan = ReplyPlan.Prompt(tokenCount: prompt.promptTokenIDs.count, maxTokens: prompt.maxTokens)
        if parameters.returnsTokenIDs { plan.tokenIDs = prompt.promptTokenIDs }
        guard parameters.topLogprobs != nil, !parameters.echo else { return plan }
        // Places in the text count from the prompt's beginning.
        var text = prompt.prompt
        if text == nil, let tokenizing {
            text = try await offLoop { try await tokenizing.decode(prompt.promptTokenIDs, model: prompt.model) }
        }
        plan.scalarCount = text?.unicodeScalars.count ?? 0
        return plan
    }

    /// Answers the prompts side by side, as far as permits are free beside the request's own.
    private nonisolated(nonsending) func complete(
        _ prompts: [TokenRequest], with completion: any CompletionBackend, _ reply: Reply
    ) async throws {
        let extra = admission.takeFree(atMost: prompts.count - 1)
        let queue = PromptQueue(prompts)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<extra {
                group.addTask {
                    // Each permit goes back as soon as no prompt is left for it, not with the slowest.
                    defer { self.admission.giveBack(1) }
                    try await self.answer(queue, with: completion, reply)
                }
            }
            group.addTask { try await self.answer(queue, with: completion, reply) }
            // Ends at the first error, which cancels the others; `waitForAll` would wait for them.
            for try await _ in group {}
        }
    }

    private nonisolated(nonsending) func answer(
        _ queue: PromptQueue, with completion: any CompletionBackend, _ reply: Reply
    ) async throws {
        while let (promptIndex, prompt) = queue.next() {
            if prompt.maxTokens == 0 && !prompt.echo {
                reply.end(promptIndex: promptIndex, reason: .length)
            } else {
                try await run(reply, promptIndex: promptIndex) {
                    try await completion.generateFromTokens(prompt, to: $0)
                }
            }
        }
    }
}

/// The prompts of a request that nobody answers yet, each with its place.
private final class PromptQueue: Sendable {
    private let rest: Locked<[(promptIndex: Int, prompt: TokenRequest)]>

    init(_ prompts: [TokenRequest]) {
        rest = Locked(prompts.enumerated().reversed().map { (promptIndex: $0.offset, prompt: $0.element) })
    }

    func next() -> (promptIndex: Int, prompt: TokenRequest)? { rest.withLock { $0.popLast() } }
}
