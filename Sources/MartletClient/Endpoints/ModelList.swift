internal import MartletHTTP
public import MartletJSON
public import MartletOpenAI

/// A server's models, in its order.
public struct ModelList: RandomAccessCollection, Sendable {
    private let models: [Model]
    /// The whole body.
    public let json: JSONObject
    /// The response.
    public let response: ResponseInfo

    init(_ response: WholeResponse) {
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

    /// The model at a place.
    public subscript(position: Int) -> Model { models[position] }
}

extension Client {
    /// The server's models.
    public nonisolated(nonsending) func models() async throws(ClientError) -> ModelList {
        try await whole(Call(self, .get, "models"), as: ModelList.init)
    }
}
