internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `GET /v1/models` and `GET /v1/models/{id}`.
extension Service {
    func listModels(_ principal: Principal?) -> HTTPResponse {
        HTTPResponse(json: modelList(at: "/v1/models", for: principal))
    }

    /// The list of models at `path`. `more` writes further members of an entry, for an API whose list is OpenAI's and
    /// more.
    func modelList(
        at path: String, for principal: Principal?, _ more: (ServedModel, inout JSONWriter) -> Void = { _, _ in }
    ) -> [UInt8] {
        registry.models(for: principal).document(path) { models in
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("object", "list")
                writer.array("data") { writer in
                    for (name, model) in models.names { write(model, as: name, to: &writer, more) }
                }
            }
            return writer.bytes
        }
    }

    /// The id is the whole path after `/v1/models/`, so it may contain `/` and `:`.
    func retrieveModel(_ head: RequestHead, _ principal: Principal?) throws(OpenAIError) -> HTTPResponse {
        let (id, model) = try model(at: head, principal)
        var writer = JSONWriter()
        write(model, as: id, to: &writer)
        return HTTPResponse(json: writer.bytes)
    }

    /// The model that the path of a request names, and its name there.
    func model(at head: RequestHead, _ principal: Principal?) throws(OpenAIError) -> (id: String, model: ServedModel) {
        let path = RoutePath(head.path)
        let id = PercentEncoding.decoded(path.rest(after: path.text.hasPrefix("/v1/") ? "/v1/models/" : "/models/"))
        // Every name that requests may use is accepted, including names that the list does not contain.
        guard let model = registry.models(for: principal).model(named: id) else { throw .modelNotFound(id) }
        return (id, model)
    }

    private func write(
        _ model: ServedModel, as id: String, to writer: inout JSONWriter,
        _ more: (ServedModel, inout JSONWriter) -> Void = { _, _ in }
    ) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("object", "model")
            writer.member("created", model.created)
            writer.member("owned_by", model.owner)
            if let limit = model.contextLength { writer.member("max_model_len", limit) }
            more(model, &writer)
        }
    }
}
