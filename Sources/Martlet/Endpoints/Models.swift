internal import MartletHTTP
internal import MartletJSON

/// `GET /v1/models` and `GET /v1/models/{id}`.
extension Service {
    nonisolated(nonsending) func listModels(_ request: HTTPRequest, _ response: ResponseStream) async throws {
        let models = try await backend.listModels()
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "list")
            writer.array("data") { writer in
                for model in models { write(model, to: &writer) }
            }
        }
        response.send(HTTPResponse(json: writer.bytes))
    }

    /// The id is all of the path behind `/v1/models/`, so it may hold `/` and `:`.
    nonisolated(nonsending) func retrieveModel(_ request: HTTPRequest, _ response: ResponseStream) async throws {
        let id = RoutePath.decoded(RoutePath(request.path).rest(after: "/v1/models/"))
        guard let model = try await backend.listModels().first(where: { $0.id == id }) else {
            throw OpenAIError.modelNotFound(id)
        }
        var writer = JSONWriter()
        write(model, to: &writer)
        response.send(HTTPResponse(json: writer.bytes))
    }

    private func write(_ model: Model, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", model.id)
            writer.member("object", "model")
            writer.member("created", model.created ?? startTime)
            writer.member("owned_by", model.ownedBy ?? backend.modelOwner)
        }
    }
}
