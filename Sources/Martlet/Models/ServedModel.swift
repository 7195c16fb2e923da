internal import MartletOpenAI
internal import MartletUV

/// The model that answers a request: a model of a backend, with everything that an API needs to know of it read once.
final class ServedModel: Sendable {
    /// The name in replies.
    let id: String
    /// Other names that requests may use.
    let aliases: [String]
    /// Seconds since 1970.
    let created: Int
    let owner: String
    let host: ServedBackend
    let capabilities: Capabilities
    /// The most tokens of a prompt and its answer together; nil without a limit.
    let contextLength: Int?
    let details: ModelDetails
    /// The mean of the replies to requests without `max_tokens`.
    let meanReply = Locked(MeanReply())

    /// - Parameter startTime: The `created` of a model that does not say.
    init(_ model: Model, of host: ServedBackend, aliases: [String] = [], startTime: Int) {
        let backend = host.backend
        id = model.id
        self.aliases = aliases
        created = model.created ?? startTime
        owner = model.ownedBy ?? backend.modelOwner
        self.host = host
        capabilities = backend.capabilities(of: model.id)
        contextLength = backend.contextLength(of: model.id)
        details = backend.details(of: model.id)
    }

    /// A refinement of the model's backend.
    ///
    /// - Throws: 501 if this backend does not conform to it, although another backend of the server does.
    func required<Refinement>(_ refinement: Refinement?, _ name: String) throws(OpenAIError) -> Refinement {
        guard let refinement else { throw .notImplemented("\(name) are not supported by this model.") }
        return refinement
    }

    // MARK: Tokens

    /// The token ids of prompts or inputs. Each leaves room in the model's context for one token of an answer, unless
    /// an answer may have none.
    nonisolated(nonsending) func tokenIDs(
        of prompts: [Prompt], param: String, maxTokens: Int
    ) async throws -> [[Int]] {
        try await host.tokenize {
            var result: [[Int]] = []
            for prompt in prompts {
                // The client may leave while thousands of prompts are encoded.
                try Task.checkCancellation()
                let ids = try await self.encode(prompt, param: param)
                if let limit = self.contextLength, ids.count + min(1, maxTokens) > limit {
                    throw BackendError.contextLengthExceeded(
                        param, promptTokens: ids.count, completionTokens: maxTokens, contextLength: limit)
                }
                result.append(ids)
            }
            return result
        }
    }

    /// The token ids of one prompt, of any length; none for text that the backend takes as it is. Called within
    /// `host.tokenize`.
    nonisolated(nonsending) func encode(_ prompt: Prompt, param: String) async throws -> [Int] {
        switch prompt {
        case .tokenIDs(let ids):
            return ids
        case .text(let text):
            guard let tokenizing = host.tokenizing else {
                if host.completion?.completesText == true { return [] }
                throw OpenAIError.invalidValue(
                    param, "This backend has no tokenizer: send `\(param)` as a list of token ids.")
            }
            return try await tokenizing.encode(text, model: id)
        }
    }
}
