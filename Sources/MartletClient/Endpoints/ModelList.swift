internal import MartletHTTP
public import MartletJSON
public import MartletOpenAI

/// A server's models, in the order in which it lists them.
public struct ModelList: RandomAccessCollection, Sendable {
    private let models: [Model]
    /// The complete body.
    public let json: JSONObject
    /// The HTTP response.
    public let response: ResponseInfo

    init(_ response: JSONResponse) {
        self.response = response.info
        json = response.json
        models = (json["data"]?.array ?? []).compactMap { entry in
            guard let id = entry.object?["id"]?.string else { return nil }
            return Model(
                id: id, created: entry.object?["created"]?.number?.int, ownedBy: entry.object?["owned_by"]?.string)
        }
    }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of models.
    public var endIndex: Int { models.count }

    /// The model at a position.
    public subscript(position: Int) -> Model { models[position] }
}

extension Client {
    /// Lists the server's models.
    public nonisolated(nonsending) func models() async throws(ClientError) -> ModelList {
        try await perform(Call(self, .get, "models"), decoding: ModelList.init)
    }
}
