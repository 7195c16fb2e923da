internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /api/embed`, and the older `/api/embeddings` for one text.
extension Service {
    nonisolated(nonsending) func ollamaEmbed(_ request: ModelRequest) async throws {
        let ollamaRequest = try OllamaRequest(request)
        let body = request.body
        var inputs: [JSONValue] = []
        if let field = Field(body).member("input") {
            inputs =
                field.value.string != nil
                ? [field.value] : Array(try field.elements("a text or an array of texts").map(\.value))
        }
        if inputs == [""] { inputs = [] }
        let result = try await embed(inputs, ollamaRequest)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", ollamaRequest.name)
            writer.array("embeddings") { writer in
                for vector in result.vectors { writer.array { for number in vector { $0.value(number) } } }
            }
            writer.member("total_duration", OllamaFormat.nanoseconds(.now - request.http.arrival))
            writer.member("load_duration", OllamaFormat.nanoseconds(.zero))
            writer.member("prompt_eval_count", result.promptTokens ?? 0)
        }
        request.response.send(HTTPResponse(json: writer.bytes))
    }

    nonisolated(nonsending) func ollamaEmbeddings(_ request: ModelRequest) async throws {
        let ollamaRequest = try OllamaRequest(request)
        let prompt = try ollamaRequest.body.prompt()
        let result = try await embed(prompt.isEmpty ? [] : [.string(prompt)], ollamaRequest)
        var writer = JSONWriter()
        writer.object { writer in
            writer.array("embedding") { writer in for number in result.vectors.first ?? [] { writer.value(number) } }
        }
        request.response.send(HTTPResponse(json: writer.bytes))
    }

    /// Returns the vectors of texts; none for an empty array, with which clients only load the model.
    private nonisolated(nonsending) func embed(
        _ inputs: [JSONValue], _ ollamaRequest: OllamaRequest
    ) async throws -> Embeddings {
        let (request, model) = (ollamaRequest.request, ollamaRequest.model)
        let embedding = try model.required(model.host.embedding, "Embeddings")
        if inputs.isEmpty { return Embeddings([], promptTokens: 0) }
        var body: JSONObject = ["model": .string(model.id), "input": .array(inputs)]
        // 0 means the model's own length.
        if let dimensions = Field(ollamaRequest.body.body).member("dimensions")?.value, dimensions.number?.int != 0 {
            body["dimensions"] = dimensions
        }
        var parameters = try EmbeddingRequest(
            decoding: body, model: model.id, capabilities: model.capabilities)
        try checkBatchSize(prompts: parameters.inputs.count, named: "input", choices: 1)
        parameters.context = context(of: request)
        let isCut = try ollamaRequest.body.isTruncated()
        parameters.truncates = isCut
        if let tokenizing = model.host.tokenizing {
            let (texts, limit) = (parameters.inputs, isCut ? model.contextLength : nil)
            var ids: [[Int]] = []
            if let limit {
                try reserveTokens(of: texts.reduce(0) { $0 + $1.textSize }, for: request)
                ids = try await model.host.tokenize {
                    var ids: [[Int]] = []
                    for case .text(let text) in texts {
                        try Task.checkCancellation()
                        ids.append(Array(try await tokenizing.encode(text, model: model.id).prefix(limit)))
                    }
                    return ids
                }
            } else {
                ids = try await tokenIDs(of: texts, for: request, param: "input", maxTokens: 0)
            }
            parameters.inputs = ids.map(Prompt.tokenIDs)
        }
        return try await vectors(for: parameters, of: request, with: embedding)
    }
}
