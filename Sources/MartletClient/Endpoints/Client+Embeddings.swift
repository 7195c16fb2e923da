public import MartletJSON
public import MartletOpenAI

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Client {
    /// Embeds texts or token ids: one vector for each. Vectors are requested as base64, which is exact and smaller than
    /// decimal numbers, unless the server has refused it.
    ///
    /// - Parameters:
    ///   - inputs: Texts or token ids.
    ///   - model: Nil for the client's.
    ///   - dimensions: The length of a vector; nil for the model's own.
    ///   - extra: Further members of the body.
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func embed(
        _ inputs: [Prompt], model: String? = nil, dimensions: Int? = nil, extra: JSONObject = [:]
    ) async throws(ClientError) -> EmbeddingReply {
        var body: JSONObject = ["model": .string(try self.model(or: model))]
        body["input"] = Client.json(inputs)
        if !quirks.refusesBase64 { body["encoding_format"] = "base64" }
        if let dimensions { body["dimensions"] = .number(JSONNumber(dimensions)) }
        for (name, value) in extra { body[name] = value }
        do throws(ClientError) {
            return try await embed(body, count: inputs.count)
        } catch {
            let words = String(decoding: error.body, as: UTF8.self)
            guard error.status == 400 || error.status == 422, body["encoding_format"] == "base64",
                words.contains("encoding_format") || words.contains("base64")
            else { throw error }
            quirks.recordBase64Refused()
            body["encoding_format"] = nil
            return try await embed(body, count: inputs.count)
        }
    }

    private nonisolated(nonsending) func embed(
        _ body: JSONObject, count: Int
    ) async throws(ClientError) -> EmbeddingReply {
        try await perform(Call(self, .post, "embeddings", body: .object(body))) { (response) throws(ClientError) in
            try EmbeddingReply(response, count: count)
        }
    }

    /// Embeds texts with the client's model.
    public nonisolated(nonsending) func embed(_ texts: String...) async throws(ClientError) -> EmbeddingReply {
        try await embed(texts.map { .text($0) })
    }
}

/// The vectors of an embedding request.
public struct EmbeddingReply: Sendable {
    /// One vector per input, in the order of the inputs.
    public var vectors: [[Float]]
    /// The model, as the server names it.
    public var model: String
    /// Token counts, if the server sent them.
    public var usage: Usage?
    /// The complete body.
    public var json: JSONObject
    /// The HTTP response.
    public var response: ResponseInfo

    init(_ content: JSONResponse, count: Int) throws(ClientError) {
        response = content.info
        json = content.json
        model = json["model"]?.string ?? ""
        usage = json["usage"]?.object.map(Usage.init(json:))
        var vectors = [[Float]?](repeating: nil, count: count)
        for (place, element) in (json["data"]?.array ?? []).enumerated() {
            let index = element.object?["index"]?.number?.int ?? place
            guard vectors.indices.contains(index) else { continue }
            vectors[index] = element.object?["embedding"].flatMap(Self.vector)
        }
        self.vectors = vectors.compactMap { $0 }
        if self.vectors.count < count {
            throw response.error("response has \(self.vectors.count) vectors for \(count) inputs")
        }
    }

    /// Decodes numbers, or base64 of little-endian 32-bit floats.
    private static func vector(_ value: JSONValue) -> [Float]? {
        switch value {
        case .array(let numbers):
            let floats = numbers.compactMap { $0.number?.double.map(Float.init) }
            return floats.count == numbers.count ? floats : nil
        case .string(let text):
            guard let data = Data(base64Encoded: text), data.count % 4 == 0 else { return nil }
            return stride(from: 0, to: data.count, by: 4).map { at in
                let bits = (0..<4).reduce(UInt32(0)) {
                    $0 | UInt32(data[data.startIndex + at + $1]) << (8 * UInt32($1))
                }
                return Float(bitPattern: bits)
            }
        default: return nil
        }
    }
}
