internal import MartletHTTP
public import MartletJSON
public import MartletOpenAI

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A server's models, in the order in which it lists them. OpenAI's and Anthropic's lists are read.
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
            let created = entry.object?["created"]?.number?.int ?? entry.object?["created_at"].flatMap(Self.seconds)
            return Model(id: id, created: created, ownedBy: entry.object?["owned_by"]?.string)
        }
    }

    /// The seconds since 1970 of Anthropic's `created_at`; nil for anything else.
    private static func seconds(_ value: JSONValue) -> Int? {
        guard let date = try? JSONValueDecoder(value).decode(Date.self) else { return nil }
        return Int(exactly: date.timeIntervalSince1970.rounded(.down))
    }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of models.
    public var endIndex: Int { models.count }

    /// The model at a position.
    public subscript(position: Int) -> Model { models[position] }
}

extension Client {
    /// Lists the server's models; with the dialect `messages`, up to 1,000.
    public nonisolated(nonsending) func models() async throws(ClientError) -> ModelList {
        try await perform(Call(self, .get, dialect.modelsPath), decoding: ModelList.init)
    }
}
