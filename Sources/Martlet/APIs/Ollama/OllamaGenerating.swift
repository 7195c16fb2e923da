internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /api/chat` and `/api/generate`: Ollama's words to the request values that OpenAI's endpoints make, and the
/// answer's events to lines.
extension Service {
    nonisolated(nonsending) func ollamaChat(
        _ request: HTTPRequest, _ response: ResponseStream, with chat: any ChatBackend
    ) async throws {
        let asked = try await ollamaRequest(request, response)
        if Field(asked.body.body).member("messages") == nil || asked.body.body["messages"] == [] {
            return try sendProbe(.chat, asked, of: request, response)
        }
        try await converse(asked, .chat, try asked.body.chat(), of: request, response, with: chat)
    }

    nonisolated(nonsending) func ollamaGenerate(
        _ request: HTTPRequest, _ response: ResponseStream
    ) async throws {
        let asked = try await ollamaRequest(request, response)
        let body = asked.body.body
        if try asked.body.prompt().isEmpty { return try sendProbe(.generate, asked, of: request, response) }
        let isRaw = try Field(body).member("raw")?.bool() ?? false
        let context = try context(of: asked)
        if let chat, !isRaw, body["suffix"] == nil || body["suffix"] == "", context.isEmpty {
            return try await converse(asked, .generate, try asked.body.question(), of: request, response, with: chat)
        }
        guard let completion else { throw OpenAIError.notImplemented("Completions are not supported by this backend.") }
        try await complete(asked, after: context, isRaw: isRaw, of: request, response, with: completion)
    }

    // MARK: Requests

    /// A request in Ollama's words.
    struct OllamaRequest: Sendable {
        let body: OllamaBody
        /// The model as the client wrote it, which replies repeat.
        let name: String
        let model: Model
        let capabilities: Capabilities

        /// A request value of OpenAI's, with faults in the client's words.
        func decoded<Parameters>(
            _ make: (_ model: String, Capabilities) throws(OpenAIError) -> Parameters
        ) throws(OpenAIError) -> Parameters {
            do throws(OpenAIError) {
                return try make(model.id, capabilities)
            } catch {
                throw body.inOwnWords(error)
            }
        }
    }

    nonisolated(nonsending) func ollamaRequest(
        _ request: HTTPRequest, _ response: ResponseStream
    ) async throws -> OllamaRequest {
        let body = try await parse(request, response)
        let (name, model) = try await ollamaModel(of: body)
        return OllamaRequest(
            body: OllamaBody(body: body), name: name, model: model, capabilities: backend.capabilities(of: model.id))
    }

    /// The model that a body names, in `model` or, as older clients do, in `name`.
    nonisolated(nonsending) func ollamaModel(of body: JSONObject) async throws -> (name: String, model: Model) {
        guard let field = Field(body).member("model") ?? Field(body).member("name") else {
            guard let only = try? await resolveModel(of: [:]) else {
                throw OpenAIError.missingParameter("model", "model is required")
            }
            return (OllamaModelName.tagged(only.id), only)
        }
        let name = try field.string()
        for candidate in OllamaModelName.candidates(name) {
            if let model = try? await resolveModel(of: ["model": .string(candidate)]) { return (name, model) }
        }
        throw OpenAIError(
            status: 404, message: "model \"\(name.prefix(256))\" not found, try pulling it first",
            code: "model_not_found")
    }

    /// The tokens of an earlier answer that this one goes on from.
    private func context(of asked: OllamaRequest) throws(OpenAIError) -> [Int] {
        guard let field = Field(asked.body.body).member("context") else { return [] }
        var ids: [Int] = []
        for id in try field.elements("the `context` of an earlier answer") {
            ids.append(try id.integer(in: 0...Int(Int32.max)))
        }
        return ids
    }

    /// Without anything to answer the request only asks whether the model is there, which Ollama then loads.
    private func sendProbe(
        _ kind: OllamaFormat.Kind, _ asked: OllamaRequest, of request: HTTPRequest, _ response: ResponseStream
    ) throws {
        let time = asked.body.body["keep_alive"]
        let isUnload = time?.number?.double == 0 || time == "0"
        let format = OllamaFormat(kind, model: asked.name, arrival: request.arrival)
        response.send(HTTPResponse(json: format.probe(reason: isUnload ? "unload" : "load")))
    }

    // MARK: Answers

    /// Has the backend chat.
    private nonisolated(nonsending) func converse(
        _ asked: OllamaRequest, _ kind: OllamaFormat.Kind, _ body: JSONObject, of request: HTTPRequest,
        _ response: ResponseStream, with chat: any ChatBackend
    ) async throws {
        if asked.body.hasImages, !asked.capabilities.contains(.images) {
            throw OpenAIError.unsupportedParameter("images", "\"\(asked.name)\" does not take images; leave them out.")
        }
        if asked.body.thinks, !asked.capabilities.contains(.reasoning) {
            throw OpenAIError.unsupportedParameter("think", "\"\(asked.name)\" does not support thinking")
        }
        try checkFormat(of: asked)
        var parameters = try asked.decoded { model, capabilities throws(OpenAIError) in
            try ChatRequest(decoding: body, model: model, capabilities: capabilities)
        }
        parameters.context = context(of: request)
        let (fitted, promptIDs) = try await fitted(parameters, kind, asked)
        parameters = fitted
        let plan = ReplyPlan(
            id: request.uniqueID, model: asked.model.id, created: now, isStreamed: parameters.stream, n: 1,
            prompts: [ReplyPlan.Prompt(maxTokens: parameters.maxTokens)], stop: parameters.stop,
            showsTokens: parameters.topLogprobs != nil || promptIDs != nil)
        let format = OllamaFormat(
            kind, model: asked.name, arrival: request.arrival, promptTokenIDs: promptIDs,
            topLogprobs: parameters.topLogprobs)
        let reply = Reply(plan, format: format, to: response, counting: gauges.generatedTokens)
        let ready = parameters
        try await generate(reply, isStreamed: plan.isStreamed) { permit in
            try await run(reply, promptIndex: 0, by: permit) { try await chat.chatCompletionStream(ready, to: $0) }
        }
    }

    /// Has the backend go on with a text: as it is, or behind the tokens of an earlier answer.
    private nonisolated(nonsending) func complete(
        _ asked: OllamaRequest, after context: [Int], isRaw: Bool, of request: HTTPRequest,
        _ response: ResponseStream, with completion: any CompletionBackend
    ) async throws {
        try checkFormat(of: asked)
        var parameters = try asked.decoded { model, capabilities throws(OpenAIError) in
            try CompletionRequest(decoding: asked.body.completion(), model: model, capabilities: capabilities)
        }
        parameters.context = self.context(of: request)
        var ids = context
        if !context.isEmpty, !isRaw, let tokenizing, chat != nil {
            let question = try asked.decoded { model, capabilities throws(OpenAIError) in
                try ChatRequest(decoding: asked.body.question(), model: model, capabilities: capabilities)
            }
            ids += try await offLoop(on: threads) { try await tokenizing.applyTemplate(question) }
        } else {
            for prompt in parameters.prompts {
                ids += try await offLoop(on: threads) {
                    try await self.tokenIDs(of: prompt, model: asked.model.id, param: "prompt")
                }
            }
        }
        let limit = backend.contextLength(of: asked.model.id)
        if let limit, let tokenizing, try asked.body.isTruncated() {
            ids = OllamaHistory(tokenizing: tokenizing, limit: limit).fitted(ids, maxTokens: parameters.maxTokens)
        }
        try checkRoom(for: ids, model: asked.model.id)
        var prompt = TokenRequest(parameters, promptTokenIDs: ids, prompt: nil)
        if let limit {
            prompt.maxTokens = min(prompt.maxTokens, limit - ids.count)
        }
        let plan = ReplyPlan(
            id: request.uniqueID, model: asked.model.id, created: now, isStreamed: parameters.stream, n: 1,
            prompts: [ReplyPlan.Prompt(tokenCount: ids.count, maxTokens: prompt.maxTokens)], stop: parameters.stop,
            showsTokens: true)
        let format = OllamaFormat(
            .generate, model: asked.name, arrival: request.arrival, promptTokenIDs: ids,
            topLogprobs: parameters.topLogprobs)
        let reply = Reply(plan, format: format, to: response, counting: gauges.generatedTokens)
        let ready = prompt
        try await generate(reply, isStreamed: plan.isStreamed) { permit in
            try await run(reply, promptIndex: 0, by: permit) { try await completion.generateFromTokens(ready, to: $0) }
        }
    }

    /// The request with as much of its history as the context holds, and its token ids where they are known and needed:
    /// a generation's reply repeats them.
    private nonisolated(nonsending) func fitted(
        _ parameters: ChatRequest, _ kind: OllamaFormat.Kind, _ asked: OllamaRequest
    ) async throws -> (ChatRequest, [Int]?) {
        let isTruncated = try asked.body.isTruncated()
        let limit = isTruncated ? backend.contextLength(of: asked.model.id) : nil
        guard let tokenizing, kind == .generate || limit != nil else { return (parameters, nil) }
        do {
            return try await offLoop(on: threads) {
                guard let limit else { return (parameters, try await tokenizing.applyTemplate(parameters)) }
                return try await OllamaHistory(tokenizing: tokenizing, limit: limit).fitted(parameters)
            }
        } catch let error as BackendError where error.error.status == 501 {
            // Its tokenizer knows no chats, which the backend answers all the same.
            return (parameters, nil)
        }
    }

    private func checkFormat(of asked: OllamaRequest) throws(OpenAIError) {
        guard asked.body.hasFormat, !asked.capabilities.contains(.responseFormat) else { return }
        throw .unsupportedParameter("format", "`format` is not supported by this model; leave it out.")
    }

    private func checkRoom(for ids: [Int], model: String) throws {
        guard let limit = backend.contextLength(of: model), ids.count >= limit else { return }
        throw BackendError.contextLengthExceeded("prompt", promptTokens: ids.count, contextLength: limit)
    }
}
