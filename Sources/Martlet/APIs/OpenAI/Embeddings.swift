internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /v1/embeddings`.
extension Service {
    nonisolated(nonsending) func embeddings(_ request: ModelRequest) async throws {
        let (model, response) = (request.model, request.response)
        let embedding = try model.required(model.host.embedding, "Embeddings")
        var parameters = try await decode(request) { body, model, capabilities throws(OpenAIError) in
            try EmbeddingRequest(decoding: body, model: model, capabilities: capabilities)
        }
        try checkBatchSize(prompts: parameters.inputs.count, named: "input", choices: 1)
        if model.host.tokenizing != nil {
            parameters.inputs = try await tokenIDs(of: parameters.inputs, for: request, param: "input", maxTokens: 0)
                .map(Prompt.tokenIDs)
        }
        let ready = parameters
        let result = try await vectors(for: ready, of: request, with: embedding)
        let numbers = result.vectors.reduce(0) { $0 + $1.count }
        try reserve(numbers * (ready.encodingFormat == .base64 ? 6 : 12), for: response)
        let json = try await model.host.compute { Self.json(result, of: ready, model: model.id) }
        response.send(HTTPResponse(json: json))
    }

    /// Admits the request, and returns one vector for each input, of the length that the request specifies. The request
    /// counts as started when the backend is called: it has no sink to report that with.
    nonisolated(nonsending) func vectors(
        for parameters: EmbeddingRequest, of request: ModelRequest, with embedding: any EmbeddingBackend
    ) async throws -> Embeddings {
        let start = ContinuousClock.now
        var queueWait = Duration.zero
        var result = Embeddings([])
        let estimate = parameters.estimate
        let charge = try charge(estimate, for: request)
        // A backend that fails has computed something, and the estimate is the best that is known of it.
        var used: Usage?
        defer { charge?.settle(used) }
        try await admit(request, cost: estimate.total) { permit, hasWaited in
            charge?.begin(permit)
            used = Usage(promptTokens: 0, completionTokens: 0)
            permit.start()
            if hasWaited { queueWait = .now - start }
            let facts = GenerationFacts(arrival: request.http.arrival, queueWait: queueWait)
            request.response.updateFacts { $0.generation = facts }
            result = try await vectors(for: parameters, of: request.model, with: embedding)
        }
        let usage = Usage(promptTokens: result.tokenCount(of: parameters), completionTokens: 0)
        used = usage
        let facts = GenerationFacts(
            arrival: request.http.arrival, queueWait: queueWait, usage: usage, upstream: result.upstream)
        request.response.updateFacts { $0.generation = facts }
        return result
    }

    /// Calls the backend.
    private nonisolated(nonsending) func vectors(
        for request: EmbeddingRequest, of model: ServedModel, with embedding: any EmbeddingBackend
    ) async throws -> Embeddings {
        let dimensions = request.dimensions.map {
            EmbeddingDimensions($0, canShorten: model.capabilities.contains(.dimensions))
        }
        if let length = model.details.embeddingLength { try dimensions?.check(against: length) }
        var result = try await model.host.call { try await embedding.embeddings(for: request) }
        guard result.vectors.count == request.inputs.count else {
            throw BackendError.failed(
                "The backend's number of vectors, \(result.vectors.count), is not the number of inputs, "
                    + "\(request.inputs.count).")
        }
        if let dimensions {
            let vectors = result.vectors
            result.vectors = try await model.host.compute { try vectors.map(dimensions.fitted) }
        }
        return result
    }

    private static func json(_ result: Embeddings, of request: EmbeddingRequest, model: String) -> [UInt8] {
        let tokens = result.tokenCount(of: request)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "list")
            writer.array("data") { writer in
                for (index, vector) in result.vectors.enumerated() {
                    writer.object { writer in
                        writer.member("object", "embedding")
                        writer.member("index", index)
                        if request.encodingFormat == .base64 {
                            writer.member("embedding", Base64.string(littleEndian: vector))
                        } else {
                            writer.array("embedding") { writer in
                                for number in vector { writer.value(number) }
                            }
                        }
                    }
                }
            }
            writer.member("model", model)
            writer.object("usage") { writer in
                writer.member("prompt_tokens", tokens)
                writer.member("total_tokens", tokens)
            }
        }
        return writer.bytes
    }
}

extension Embeddings {
    /// The number of tokens of all inputs: the backend's, or that of the inputs' token ids.
    fileprivate func tokenCount(of request: EmbeddingRequest) -> Int {
        promptTokens ?? request.inputs.reduce(0) { $0 + $1.tokenCount }
    }
}

extension EmbeddingRequest {
    /// The estimated tokens of all inputs.
    var estimate: TokenEstimate {
        inputs.reduce(TokenEstimate()) {
            $0 + TokenEstimate(promptTokens: $1.tokenCount, textBytes: $1.textSize, maxTokens: 0, meanReply: 0)
        }
    }
}

extension Prompt {
    /// The number of tokens; 0 for text, whose tokens only the backend can count.
    fileprivate var tokenCount: Int {
        switch self {
        case .text: 0
        case .tokenIDs(let ids): ids.count
        }
    }
}

/// The requested length of the vectors: `dimensions` of an embedding request.
///
/// Every model supports its own length. A model that declares the capability `dimensions` also supports shorter
/// vectors: the beginning of its own, normalized to length 1. The beginning of another model's vector is not an
/// embedding.
struct EmbeddingDimensions: Sendable {
    private let count: Int
    private let canShorten: Bool

    init(_ count: Int, canShorten: Bool) {
        self.count = count
        self.canShorten = canShorten
    }

    /// Throws a 400 unless vectors of `length` numbers have the requested length or can be shortened to it.
    func check(against length: Int) throws(OpenAIError) {
        if count == length || canShorten && count < length { return }
        guard canShorten else {
            throw .unsupportedParameter(
                "dimensions",
                "`dimensions` other than \(length), the model's own, is not supported by this model; leave it out or set "
                    + "it to \(length).")
        }
        throw .invalidValue(
            "dimensions", "`dimensions` must be at most \(length), the model's own, but it is \(count).")
    }

    /// The vector itself if it has the requested length, or else its beginning with a Euclidean norm of 1.
    func fitted(_ vector: [Float]) throws(OpenAIError) -> [Float] {
        try check(against: vector.count)
        if vector.count == count { return vector }
        let beginning = vector.prefix(count)
        let norm = beginning.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return norm > 0 ? beginning.map { Float(Double($0) / norm) } : Array(beginning)
    }
}
