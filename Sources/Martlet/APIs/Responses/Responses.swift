internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /v1/responses` and `/v1/responses/input_tokens`.
extension Service {
    nonisolated(nonsending) func createResponse(_ request: ModelRequest) async throws {
        let model = request.model
        let backend = try model.required(model.host.chat, "Responses")
        var parameters = try await decodeResponse(request)
        // The response says so; one in the background is refused.
        if let replies, let storage = parameters.storage, !parameters.isBackground, storage.size > replies.capacity {
            parameters.storage = nil
        }
        let object = ResponseObject(id: request.http.uniqueID, created: now, model: model.id, parameters)
        var recorder: ResponseRecorder?
        if let replies, let storage = parameters.storage {
            if parameters.isBackground {
                return try await startInBackground(
                    parameters, object, storage, in: replies, for: request, with: backend)
            }
            recorder = ResponseRecorder(replies, storage, id: "resp_\(object.id)", owner: request.principal?.id)
        }
        let format = ResponsesFormat(object, parameters, recorder: recorder)
        let chat = try await fitted(parameters, for: request)
        try await generate(
            chat, for: request, with: backend, showsTokens: chat.topLogprobs != nil, as: { _ in format })
    }

    nonisolated(nonsending) func countInputTokens(_ request: ModelRequest) async throws {
        let model = request.model
        let tokenizing = try model.required(model.host.tokenizing, "Counts of input tokens")
        let parameters = try await decodeResponse(request)
        let count = try await model.host.tokenize { try await tokenizing.applyTemplate(parameters.chat) }.count
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "response.input_tokens")
            writer.member("input_tokens", count)
        }
        request.response.send(HTTPResponse(json: writer.bytes))
    }

    /// Decodes a request, and reports the tools that are left out: in a field of the response, and each once in the log.
    private nonisolated(nonsending) func decodeResponse(_ request: ModelRequest) async throws -> ResponseRequest {
        let (owner, id) = (request.principal?.id, request.http.uniqueID)
        var stored: ResponseStorage?
        if let replies {
            let body = request.body
            // A small request may continue a large conversation.
            stored = try await request.model.host.compute { () throws(OpenAIError) in
                try ResponseStorage(of: body, id: id) { replies.reply($0, of: owner) }
            }
        }
        let storage = stored
        let parameters = try await decode(request) { body, model, capabilities throws(OpenAIError) in
            try ResponseRequest(decoding: body, model: model, capabilities: capabilities, storage: storage)
        }
        report(ignoredTools: parameters.tools.ignored, of: parameters.context)
        try reserveTokens(of: parameters.chat.textSize, for: request)
        return parameters
    }

    /// The conversation, without its oldest messages if it is too long and `truncation` is `auto`. Without a tokenizer, or a
    /// template for it, only the backend knows whether it is.
    nonisolated(nonsending) func fitted(
        _ parameters: ResponseRequest, for request: ModelRequest
    ) async throws -> ChatRequest {
        let (chat, host) = (parameters.chat, request.model.host)
        guard parameters.isTruncated, let limit = request.model.contextLength, let tokenizing = host.tokenizing else {
            return chat
        }
        do {
            return try await host.tokenize {
                try await PromptTruncation(tokenizing: tokenizing, limit: limit).fitted(chat).request
            }
        } catch let error as BackendError where error.error.status == 501 {
            return chat
        }
    }
}
