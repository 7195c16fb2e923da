internal import MartletHTTP
internal import MartletJSON

/// `GET /v1/models` and `GET /v1/models/{id}`.
extension Service {
    nonisolated(nonsending) func listModels(_ request: HTTPRequest, _ response: ResponseStream) async throws {
        let models = try await modelsAndAliases()
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "list")
            writer.array("data") { writer in
                for model in models { write(model, as: model.id, to: &writer) }
            }
        }
        response.send(HTTPResponse(json: writer.bytes))
    }

    /// The id is all of the path behind `/v1/models/`, so it may hold `/` and `:`.
    nonisolated(nonsending) func retrieveModel(_ request: HTTPRequest, _ response: ResponseStream) async throws {
        let path = RoutePath(request.path)
        let id = PercentEncoding.decoded(path.rest(after: path.text.hasPrefix("/v1/") ? "/v1/models/" : "/models/"))
        let models = try await modelsAndAliases()
        // A name that requests may use is a model's, also one that the list does not have.
        guard let model = models.first(where: { $0.id == id }) ?? (configuration.acceptsAnyModel ? models.first : nil)
        else { throw OpenAIError.modelNotFound(id) }
        var writer = JSONWriter()
        write(model, as: id, to: &writer)
        response.send(HTTPResponse(json: writer.bytes))
    }

    private func write(_ model: Model, as id: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("object", "model")
            writer.member("created", model.created ?? startTime)
            writer.member("owned_by", model.ownedBy ?? backend.modelOwner)
            let name = configuration.modelAliases[model.id] ?? model.id
            if let limit = backend.contextLength(of: name) { writer.member("max_model_len", limit) }
        }
    }
}
