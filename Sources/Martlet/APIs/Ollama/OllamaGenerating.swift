internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /api/chat` and `/api/generate`: requests are translated into the same request values as OpenAI's, and events
/// into lines of JSON.
extension Service {
    nonisolated(nonsending) func ollamaChat(_ request: ModelRequest) async throws {
        let ollamaRequest = try OllamaRequest(request)
        let chat = try ollamaRequest.model.required(ollamaRequest.model.host.chat, "Chats")
        if Field(request.body).member("messages") == nil || request.body["messages"] == [] {
            return try sendProbe(.chat, ollamaRequest)
        }
        try await runChat(ollamaRequest, .chat, try ollamaRequest.body.chat(), with: chat)
    }

    nonisolated(nonsending) func ollamaGenerate(_ request: ModelRequest) async throws {
        let ollamaRequest = try OllamaRequest(request)
        let body = request.body
        if try ollamaRequest.body.prompt().isEmpty { return try sendProbe(.generate, ollamaRequest) }
        let isRaw = try Field(body).member("raw")?.bool() ?? false
        let context = try context(of: ollamaRequest)
        if let chat = ollamaRequest.model.host.chat, !isRaw, body["suffix"] == nil || body["suffix"] == "",
            context.isEmpty
        {
            return try await runChat(ollamaRequest, .generate, try ollamaRequest.body.chatOfPrompt(), with: chat)
        }
        guard let completion = ollamaRequest.model.host.completion else {
            throw OpenAIError.notImplemented("Completions are not supported by this backend.")
        }
        try await runCompletion(ollamaRequest, after: context, isRaw: isRaw, with: completion)
    }

    // MARK: Requests

    /// A request of Ollama's API.
    struct OllamaRequest: Sendable {
        let request: ModelRequest
        let body: OllamaBody
        /// The model's name as the client wrote it, which the reply repeats.
        let name: String

        var model: ServedModel { request.model }

        init(_ request: ModelRequest) throws(OpenAIError) {
            self.request = request
            body = OllamaBody(body: request.body)
            name = try OllamaModelName.given(in: request.body) ?? OllamaModelName.tagged(request.model.id)
        }
    }

    /// The token ids of `context`, which an earlier reply returned and this generation continues.
    private func context(of ollamaRequest: OllamaRequest) throws(OpenAIError) -> [Int] {
        guard let field = Field(ollamaRequest.body.body).member("context") else { return [] }
        var ids: [Int] = []
        for id in try field.elements("the `context` of an earlier answer") {
            ids.append(try id.integer(in: 0...Int(Int32.max)))
        }
        return ids
    }

    /// Responds to a request without a prompt. Clients send one to load or unload the model, which has no effect here.
    private func sendProbe(
        _ kind: OllamaFormat.Kind, _ ollamaRequest: OllamaRequest
    ) throws {
        let keepAlive = ollamaRequest.body.body["keep_alive"]
        let isUnload = keepAlive?.number?.double == 0 || keepAlive == "0"
        let format = OllamaFormat(kind, model: ollamaRequest.name)
        ollamaRequest.request.response.send(HTTPResponse(json: format.probe(reason: isUnload ? "unload" : "load")))
    }

    // MARK: Generations

    /// Runs a chat generation.
    private nonisolated(nonsending) func runChat(
        _ ollamaRequest: OllamaRequest, _ kind: OllamaFormat.Kind, _ body: JSONObject, with chat: any ChatBackend
    ) async throws {
        let (request, model) = (ollamaRequest.request, ollamaRequest.model)
        if ollamaRequest.body.hasImages, !model.capabilities.contains(.images) {
            throw OpenAIError.unsupportedParameter(
                "images", "\"\(ollamaRequest.name)\" does not take images; leave them out.")
        }
        if ollamaRequest.body.thinks, !model.capabilities.contains(.reasoning) {
            throw OpenAIError.unsupportedParameter("think", "\"\(ollamaRequest.name)\" does not support thinking")
        }
        try checkFormat(of: ollamaRequest)
        var parameters = try ChatRequest(
            decoding: body, model: model.id, capabilities: model.capabilities,
            names: OllamaBody.names)
        parameters.context = context(of: request)
        try reserveTokens(of: parameters.textSize, for: request)
        let (fitted, promptIDs) = try await fitted(parameters, kind, ollamaRequest)
        parameters = fitted
        let format = OllamaFormat(
            kind, model: ollamaRequest.name, promptTokenIDs: promptIDs,
            topLogprobs: parameters.topLogprobs)
        try await generate(
            parameters, for: request, with: chat, showsTokens: parameters.topLogprobs != nil || promptIDs != nil,
            as: { _ in format })
    }

    /// Continues a text: as it is, or after the tokens of an earlier reply.
    private nonisolated(nonsending) func runCompletion(
        _ ollamaRequest: OllamaRequest, after context: [Int], isRaw: Bool, with completion: any CompletionBackend
    ) async throws {
        let (request, model) = (ollamaRequest.request, ollamaRequest.model)
        try checkFormat(of: ollamaRequest)
        var parameters = try CompletionRequest(
            decoding: ollamaRequest.body.completion(), model: model.id, capabilities: model.capabilities,
            names: OllamaBody.names)
        parameters.context = self.context(of: request)
        try reserveTokens(of: parameters.prompts.reduce(0) { $0 + $1.textSize }, for: request)
        if !context.isEmpty, model.host.tokenizing == nil, completion.completesText {
            throw OpenAIError.unsupportedParameter(
                "context", "`context` is not supported by this backend; send the conversation to /api/chat.")
        }
        var ids = context
        if !context.isEmpty, !isRaw, let tokenizing = model.host.tokenizing, model.host.chat != nil {
            let chatOfPrompt = try ChatRequest(
                decoding: ollamaRequest.body.chatOfPrompt(), model: model.id, capabilities: model.capabilities,
                names: OllamaBody.names)
            ids += try await model.host.tokenize { try await tokenizing.applyTemplate(chatOfPrompt) }
        } else {
            for prompt in parameters.prompts {
                ids += try await model.host.tokenize { try await model.encode(prompt, param: "prompt") }
            }
        }
        let limit = model.contextLength
        if let limit, let tokenizing = model.host.tokenizing, try ollamaRequest.body.isTruncated() {
            ids = PromptTruncation(tokenizing: tokenizing, limit: limit).fitted(ids, maxTokens: parameters.maxTokens)
        }
        try checkRoom(for: ids, of: model)
        let hasIDs = !ids.isEmpty
        var prompt = TokenRequest(
            parameters, promptTokenIDs: ids, prompt: hasIDs ? nil : try ollamaRequest.body.prompt())
        if let limit {
            prompt.maxTokens = min(prompt.maxTokens, limit - ids.count)
        }
        let plan = ReplyPlan(
            id: request.http.uniqueID, model: model.id, created: now, arrival: request.http.arrival,
            isStreamed: parameters.stream, n: 1,
            prompts: [
                ReplyPlan.Prompt(
                    tokenCount: ids.count, textSize: prompt.prompt?.utf8.count ?? 0, maxTokens: prompt.maxTokens)
            ], stop: parameters.stop,
            showsTokens: true, sampling: parameters.sampling, maxTokens: parameters.maxTokens)
        let format = OllamaFormat(
            .generate, model: ollamaRequest.name, promptTokenIDs: hasIDs ? ids : nil,
            topLogprobs: parameters.topLogprobs)
        let ready = prompt
        try await reply(
            to: request, plan, as: format,
            preparing: { ready.demanding(try await compiled(ready.structuredOutput, for: model)) },
            generating: { ready, reply, permit in
                try await run(reply, of: model, promptIndex: 0, by: permit) {
                    try await completion.generateFromTokens(ready, to: $0)
                }
            })
    }

    /// Returns the request with as much of its history as fits into the context, and the token ids of its prompt where
    /// they are known and needed: the reply of `/api/generate` repeats them.
    private nonisolated(nonsending) func fitted(
        _ parameters: ChatRequest, _ kind: OllamaFormat.Kind, _ ollamaRequest: OllamaRequest
    ) async throws -> (ChatRequest, [Int]?) {
        let isTruncated = try ollamaRequest.body.isTruncated()
        let limit = isTruncated ? ollamaRequest.model.contextLength : nil
        guard let tokenizing = ollamaRequest.model.host.tokenizing, kind == .generate || limit != nil else {
            return (parameters, nil)
        }
        do {
            return try await ollamaRequest.model.host.tokenize {
                guard let limit else { return (parameters, try await tokenizing.applyTemplate(parameters)) }
                return try await PromptTruncation(tokenizing: tokenizing, limit: limit).fitted(parameters)
            }
        } catch let error as BackendError where error.error.status == 501 {
            // The tokenizer has no chat template, but the backend can still generate a reply.
            return (parameters, nil)
        }
    }

    private func checkFormat(of ollamaRequest: OllamaRequest) throws(OpenAIError) {
        guard ollamaRequest.body.hasFormat, !ollamaRequest.model.capabilities.contains(.responseFormat) else { return }
        throw .unsupportedParameter("format", "`format` is not supported by this model; leave it out.")
    }

    private func checkRoom(for ids: [Int], of model: ServedModel) throws {
        guard let limit = model.contextLength, ids.count >= limit else { return }
        throw BackendError.contextLengthExceeded("prompt", promptTokens: ids.count, contextLength: limit)
    }
}
