internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /v1/messages` and `POST /v1/messages/count_tokens`.
extension Service {
    nonisolated(nonsending) func messages(_ request: ModelRequest) async throws {
        let backend = try request.model.required(request.model.host.chat, "Messages")
        let parameters = try await decode(request) { body, model, capabilities throws(OpenAIError) in
            try MessagesRequest(decoding: body, model: model, capabilities: capabilities)
        }
        report(ignoredTools: parameters.ignoredTools, of: parameters.context)
        try reserveTokens(of: parameters.chat.textSize, for: request)
        let requestID = request.http.requestID
        try await generate(
            parameters.chat, for: request, with: backend, showsTokens: false,
            as: { MessagesFormat($0, requestID: requestID) })
    }

    nonisolated(nonsending) func countMessageTokens(_ request: ModelRequest) async throws {
        let model = request.model
        let tokenizing = try model.required(model.host.tokenizing, "Token counts")
        let parameters = try await decode(request) { body, model, capabilities throws(OpenAIError) in
            try MessagesRequest(decoding: body, model: model, capabilities: capabilities, generates: false)
        }
        report(ignoredTools: parameters.ignoredTools, of: parameters.context)
        try reserveTokens(of: parameters.chat.textSize, for: request)
        let ids = try await model.host.tokenize { try await tokenizing.applyTemplate(parameters.chat) }
        var writer = JSONWriter()
        writer.object { $0.member("input_tokens", ids.count) }
        request.response.send(HTTPResponse(json: writer.bytes))
    }
}
