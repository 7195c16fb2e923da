internal import MartletHTTP
internal import MartletOpenAI

/// `POST /v1/completions`.
extension Service {
    nonisolated(nonsending) func completions(_ request: ModelRequest) async throws {
        let model = request.model
        let completion = try model.required(model.host.completion, "Completions")
        let parameters = try await decode(request) { body, model, capabilities throws(OpenAIError) in
            try CompletionRequest(decoding: body, model: model, capabilities: capabilities)
        }
        try checkBatchSize(prompts: parameters.prompts.count, choices: parameters.n, bestOf: parameters.bestOf)
        let tokenIDs = try await tokenIDs(
            of: parameters.prompts, for: request, param: "prompt", maxTokens: parameters.maxTokens)
        var prompts: [TokenRequest] = []
        for (prompt, ids) in zip(parameters.prompts, tokenIDs) {
            var text: String?
            if case .text(let given) = prompt { text = given }
            var prompt = TokenRequest(parameters, promptTokenIDs: ids, prompt: text)
            if let limit = model.contextLength {
                prompt.maxTokens = min(prompt.maxTokens, limit - ids.count)
            }
            prompts.append(prompt)
        }
        let showsIDs = parameters.returnsTokenIDs || model.host.tokenizing == nil
        var plan = ReplyPlan(
            id: request.http.uniqueID, model: model.id, created: now, arrival: request.http.arrival,
            isStreamed: parameters.stream,
            streamOptions: parameters.streamOptions, n: parameters.n, prompts: [], stop: parameters.stop,
            stopTokenIDs: Set(parameters.sampling.stopTokenIDs), echoes: parameters.echo,
            showsTokens: parameters.topLogprobs != nil || showsIDs,
            sampling: parameters.sampling, maxTokens: parameters.maxTokens)
        for prompt in prompts {
            plan.prompts.append(try await self.plan(prompt, of: parameters, model))
        }
        let format = CompletionFormat(
            topLogprobs: parameters.topLogprobs, includesTokenIDs: parameters.returnsTokenIDs,
            includesIDs: model.host.tokenizing == nil)
        try await reply(
            to: request, plan, as: OpenAIFormat(plan, format),
            preparing: {
                let output = try await compiled(parameters.structuredOutput, for: model)
                return prompts.map { $0.demanding(output) }
            },
            generating: { prompts, reply, permit in
                try await complete(prompts, of: model, with: completion, reply, by: permit)
            })
    }

    /// The plan of one prompt's part of the reply.
    private nonisolated(nonsending) func plan(
        _ prompt: TokenRequest, of parameters: CompletionRequest, _ model: ServedModel
    ) async throws -> ReplyPlan.Prompt {
        var plan = ReplyPlan.Prompt(
            tokenCount: prompt.promptTokenIDs.count, textSize: prompt.prompt?.utf8.count ?? 0,
            maxTokens: prompt.maxTokens)
        if parameters.returnsTokenIDs { plan.tokenIDs = prompt.promptTokenIDs }
        guard parameters.topLogprobs != nil, !parameters.echo else { return plan }
        // Offsets of tokens count from the beginning of the prompt.
        var text = prompt.prompt
        if text == nil, let tokenizing = model.host.tokenizing {
            text = try await model.host.tokenize {
                try await tokenizing.decode(prompt.promptTokenIDs, model: prompt.model)
            }
        }
        plan.scalarCount = text?.unicodeScalars.count ?? 0
        return plan
    }

    /// Runs the generations of the prompts concurrently, each with a permit: the request's own, and as many as are free
    /// and not wanted by waiting requests. Between two prompts, a permit is given up if a request waits: the request's
    /// own permit queues again, unless the backend schedules itself; the others are taken again when some are free.
    private nonisolated(nonsending) func complete(
        _ prompts: [TokenRequest], of model: ServedModel, with completion: any CompletionBackend, _ reply: Reply,
        by own: Permit
    ) async throws {
        let admission = model.host.admission
        var rest = Array(prompts.enumerated())[...]
        var running = 0
        var extra: [Permit] = []
        // Includes the permits of prompts that have failed. Releasing a permit twice has no effect.
        defer { for permit in extra { permit.release() } }
        try await withThrowingTaskGroup(of: Permit?.self) { group in
            func startNext(by permit: Permit, yields: Bool = false) {
                guard let (promptIndex, prompt) = rest.popFirst() else { return permit === own ? () : permit.release() }
                running += 1
                group.addTask {
                    if yields, permit.yieldIfWanted() { try await permit.reacquire() }
                    try await self.generate(promptIndex, prompt, of: model, with: completion, reply, by: permit)
                    return permit !== own && permit.yieldIfWanted() ? nil : permit
                }
            }
            startNext(by: own)
            // Ends at the first error, which cancels the other tasks; `waitForAll` would wait for them.
            repeat {
                // Paused prompts have given up their permits but still count: no further prompts start in their place.
                let room = min(rest.count, admission.permits - running)
                let free = room > 0 ? admission.takeFree(atMost: room, besides: own) : []
                extra += free
                for permit in free { startNext(by: permit) }
                guard let permit = try await group.next() else { break }
                running -= 1
                if let permit { startNext(by: permit, yields: permit === own) }
            } while true
        }
    }

    private nonisolated(nonsending) func generate(
        _ promptIndex: Int, _ prompt: TokenRequest, of model: ServedModel, with completion: any CompletionBackend,
        _ reply: Reply, by permit: Permit
    ) async throws {
        if prompt.maxTokens == 0 && !prompt.echo {
            reply.start(permit)
            reply.end(promptIndex: promptIndex, reason: .length)
        } else {
            try await run(reply, of: model, promptIndex: promptIndex, by: permit) {
                try await completion.generateFromTokens(prompt, to: $0)
            }
        }
    }
}
