internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /api/chat` and `/api/generate`: requests are translated into the same request values as OpenAI's, and events
/// into lines of JSON.
extension Service {
    nonisolated(nonsending) func ollamaChat(_ request: ModelRequest) async throws {
        let asked = try OllamaRequest(request)
        let chat = try asked.model.required(asked.model.host.chat, "Chats")
        if Field(request.body).member("messages") == nil || request.body["messages"] == [] {
            return try sendProbe(.chat, asked)
        }
        try await converse(asked, .chat, try asked.body.chat(), with: chat)
    }

    nonisolated(nonsending) func ollamaGenerate(_ request: ModelRequest) async throws {
        let asked = try OllamaRequest(request)
        let body = request.body
        if try asked.body.prompt().isEmpty { return try sendProbe(.generate, asked) }
        let isRaw = try Field(body).member("raw")?.bool() ?? false
        let context = try context(of: asked)
        if let chat = asked.model.host.chat, !isRaw, body["suffix"] == nil || body["suffix"] == "", context.isEmpty {
            return try await converse(asked, .generate, try asked.body.question(), with: chat)
        }
        guard let completion = asked.model.host.completion else {
            throw OpenAIError.notImplemented("Completions are not supported by this backend.")
        }
        try await complete(asked, after: context, isRaw: isRaw, with: completion)
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
    private func context(of asked: OllamaRequest) throws(OpenAIError) -> [Int] {
        guard let field = Field(asked.body.body).member("context") else { return [] }
        var ids: [Int] = []
        for id in try field.elements("the `context` of an earlier answer") {
            ids.append(try id.integer(in: 0...Int(Int32.max)))
        }
        return ids
    }

    /// Responds to a request without a prompt. Clients send one to load or unload the model, which has no effect here.
    private func sendProbe(
        _ kind: OllamaFormat.Kind, _ asked: OllamaRequest
    ) throws {
        let time = asked.body.body["keep_alive"]
        let isUnload = time?.number?.double == 0 || time == "0"
        let format = OllamaFormat(kind, model: asked.name)
        asked.request.response.send(HTTPResponse(json: format.probe(reason: isUnload ? "unload" : "load")))
    }

    // MARK: Generations

    /// Runs a chat generation.
    private nonisolated(nonsending) func converse(
        _ asked: OllamaRequest, _ kind: OllamaFormat.Kind, _ body: JSONObject, with chat: any ChatBackend
    ) async throws {
        let (request, model) = (asked.request, asked.model)
        if asked.body.hasImages, !model.capabilities.contains(.images) {
            throw OpenAIError.unsupportedParameter("images", "\"\(asked.name)\" does not take images; leave them out.")
        }
        if asked.body.thinks, !model.capabilities.contains(.reasoning) {
            throw OpenAIError.unsupportedParameter("think", "\"\(asked.name)\" does not support thinking")
        }
        try checkFormat(of: asked)
        var parameters = try ChatRequest(
            decoding: body, model: model.id, capabilities: model.capabilities,
            names: OllamaBody.names)
        parameters.context = context(of: request)
        try reserveTokens(of: parameters.textSize, for: request)
        let (fitted, promptIDs) = try await fitted(parameters, kind, asked)
        parameters = fitted
        let plan = ReplyPlan(
            id: request.http.uniqueID, model: model.id, created: now, arrival: request.http.arrival,
            isStreamed: parameters.stream, n: 1,
            prompts: [ReplyPlan.Prompt(textSize: parameters.textSize, maxTokens: parameters.maxTokens)],
            stop: parameters.stop, showsTokens: parameters.topLogprobs != nil || promptIDs != nil)
        let format = OllamaFormat(
            kind, model: asked.name, promptTokenIDs: promptIDs,
            topLogprobs: parameters.topLogprobs)
        let ready = parameters
        try await reply(to: request, plan, as: format) { reply, permit in
            try await run(reply, of: model, promptIndex: 0, by: permit) {
                try await chat.chatCompletionStream(ready, to: $0)
            }
        }
    }

    /// Continues a text: as it is, or after the tokens of an earlier reply.
    private nonisolated(nonsending) func complete(
        _ asked: OllamaRequest, after context: [Int], isRaw: Bool, with completion: any CompletionBackend
    ) async throws {
        let (request, model) = (asked.request, asked.model)
        try checkFormat(of: asked)
        var parameters = try CompletionRequest(
            decoding: asked.body.completion(), model: model.id, capabilities: model.capabilities,
            names: OllamaBody.names)
        parameters.context = self.context(of: request)
        try reserveTokens(of: parameters.prompts.reduce(0) { $0 + $1.textSize }, for: request)
        var ids = context
        if !context.isEmpty, !isRaw, let tokenizing = model.host.tokenizing, model.host.chat != nil {
            let question = try ChatRequest(
                decoding: asked.body.question(), model: model.id, capabilities: model.capabilities,
                names: OllamaBody.names)
            ids += try await model.host.tokenize { try await tokenizing.applyTemplate(question) }
        } else {
            for prompt in parameters.prompts {
                ids += try await model.host.tokenize { try await model.encode(prompt, param: "prompt") }
            }
        }
        let limit = model.contextLength
        if let limit, let tokenizing = model.host.tokenizing, try asked.body.isTruncated() {
            ids = OllamaHistory(tokenizing: tokenizing, limit: limit).fitted(ids, maxTokens: parameters.maxTokens)
        }
        try checkRoom(for: ids, of: model)
        var prompt = TokenRequest(parameters, promptTokenIDs: ids, prompt: nil)
        if let limit {
            prompt.maxTokens = min(prompt.maxTokens, limit - ids.count)
        }
        let plan = ReplyPlan(
            id: request.http.uniqueID, model: model.id, created: now, arrival: request.http.arrival,
            isStreamed: parameters.stream, n: 1,
            prompts: [ReplyPlan.Prompt(tokenCount: ids.count, maxTokens: prompt.maxTokens)], stop: parameters.stop,
            showsTokens: true)
        let format = OllamaFormat(
            .generate, model: asked.name, promptTokenIDs: ids,
            topLogprobs: parameters.topLogprobs)
        let ready = prompt
        try await reply(to: request, plan, as: format) { reply, permit in
            try await run(reply, of: model, promptIndex: 0, by: permit) {
                try await completion.generateFromTokens(ready, to: $0)
            }
        }
    }

    /// Returns the request with as much of its history as fits into the context, and the token ids of its prompt where
    /// they are known and needed: the reply of `/api/generate` repeats them.
    private nonisolated(nonsending) func fitted(
        _ parameters: ChatRequest, _ kind: OllamaFormat.Kind, _ asked: OllamaRequest
    ) async throws -> (ChatRequest, [Int]?) {
        let isTruncated = try asked.body.isTruncated()
        let limit = isTruncated ? asked.model.contextLength : nil
        guard let tokenizing = asked.model.host.tokenizing, kind == .generate || limit != nil else {
            return (parameters, nil)
        }
        do {
            return try await asked.model.host.tokenize {
                guard let limit else { return (parameters, try await tokenizing.applyTemplate(parameters)) }
                return try await OllamaHistory(tokenizing: tokenizing, limit: limit).fitted(parameters)
            }
        } catch let error as BackendError where error.error.status == 501 {
            // The tokenizer has no chat template, but the backend can still generate a reply.
            return (parameters, nil)
        }
    }

    private func checkFormat(of asked: OllamaRequest) throws(OpenAIError) {
        guard asked.body.hasFormat, !asked.model.capabilities.contains(.responseFormat) else { return }
        throw .unsupportedParameter("format", "`format` is not supported by this model; leave it out.")
    }

    private func checkRoom(for ids: [Int], of model: ServedModel) throws {
        guard let limit = model.contextLength, ids.count >= limit else { return }
        throw BackendError.contextLengthExceeded("prompt", promptTokens: ids.count, contextLength: limit)
    }
}
