internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `GET /v1/models` and `GET /v1/models/{id}`.
extension Service {
    func listModels(_ principal: Principal?) -> HTTPResponse {
        HTTPResponse(
            json: registry.models(for: principal).document("/v1/models") { models in
                var writer = JSONWriter()
                writer.object { writer in
                    writer.member("object", "list")
                    writer.array("data") { writer in
                        for (name, model) in models.names { write(model, as: name, to: &writer) }
                    }
                }
                return writer.bytes
            })
    }

    /// The id is the whole path after `/v1/models/`, so it may contain `/` and `:`.
    func retrieveModel(_ head: RequestHead, _ principal: Principal?) throws(OpenAIError) -> HTTPResponse {
        let path = RoutePath(head.path)
        let id = PercentEncoding.decoded(path.rest(after: path.text.hasPrefix("/v1/") ? "/v1/models/" : "/models/"))
        // Every name that requests may use is accepted, including names that the list does not contain.
        guard let model = registry.models(for: principal).model(named: id) else { throw .modelNotFound(id) }
        var writer = JSONWriter()
        write(model, as: id, to: &writer)
        return HTTPResponse(json: writer.bytes)
    }

    private func write(_ model: ServedModel, as id: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("object", "model")
            writer.member("created", model.created)
            writer.member("owned_by", model.owner)
            if let limit = model.contextLength { writer.member("max_model_len", limit) }
        }
    }
}
