internal import MartletJSON

/// A GPT-2's sizes and options, as `config.json` has them.
package struct GPT2Configuration: Sendable, Equatable {
    package enum Activation: String, Sendable {
        case geluNew = "gelu_new"
        case gelu
    }

    package let vocabularySize: Int
    /// Positions that a prompt and its continuation share.
    package let contextLength: Int
    package let width: Int
    package let layerCount: Int
    package let headCount: Int
    /// The width between the two halves of a feed-forward block, by default four times `width`.
    package let innerWidth: Int
    package let layerNormEpsilon: Float
    /// Whether the head is the token embeddings, not a separate matrix.
    package let hasTiedHead: Bool
    package let activation: Activation
    /// Tokens that end a text.
    package let endIDs: Set<Int>

    package var headWidth: Int { width / headCount }

    /// Trained parameters.
    package var parameterCount: Int {
        let norm = 2 * width
        let attention = width * 3 * width + 3 * width + width * width + width
        let feedForward = 2 * width * innerWidth + innerWidth + width
        let head = hasTiedHead ? 0 : vocabularySize * width
        return (vocabularySize + contextLength) * width + layerCount * (2 * norm + attention + feedForward) + norm
            + head
    }

    /// - Throws: `ModelLoadError` for JSON that is damaged or does not describe a GPT-2 of sane size.
    package init(_ file: ModelFile) throws(ModelLoadError) {
        let members = try file.jsonObject()

        func size(_ name: String, upTo limit: Int) throws(ModelLoadError) -> Int {
            guard let value = members[name]?.number?.int, (1...limit).contains(value) else {
                throw ModelLoadError("\(file.name): \(name) must be an integer from 1 to \(limit)")
            }
            return value
        }
        let modelType = members["model_type"]?.string ?? "nothing"
        guard modelType == "gpt2" else {
            throw ModelLoadError("\(file.name): model_type is \(modelType); only gpt2 can be loaded")
        }
        vocabularySize = try size("vocab_size", upTo: 1 << 20)
        contextLength = try size(members["n_positions"] == nil ? "n_ctx" : "n_positions", upTo: 1 << 20)
        width = try size("n_embd", upTo: 1 << 15)
        layerCount = try size("n_layer", upTo: 1 << 10)
        headCount = try size("n_head", upTo: 1 << 10)
        let inner = members["n_inner"] ?? .null
        innerWidth = inner.isNull ? 4 * width : try size("n_inner", upTo: 1 << 17)
        guard width % headCount == 0 else {
            throw ModelLoadError("\(file.name): n_embd \(width) is not a multiple of n_head \(headCount)")
        }

        let epsilon = Float(members["layer_norm_epsilon"]?.number?.double ?? 1e-5)
        guard epsilon > 0, epsilon < 1 else {
            throw ModelLoadError("\(file.name): layer_norm_epsilon must lie between 0 and 1")
        }
        layerNormEpsilon = epsilon
        hasTiedHead = members["tie_word_embeddings"]?.bool ?? true
        let activationName = members["activation_function"]?.string ?? Activation.geluNew.rawValue
        guard let activation = Activation(rawValue: activationName) else {
            throw ModelLoadError("\(file.name): activation_function is \(activationName); gelu_new and gelu are known")
        }
        self.activation = activation
        endIDs = try Self.endIDs(members, file: file.name, vocabularySize: vocabularySize)
        try Self.refuseVariants(members, file: file.name)
    }

    private static func endIDs(
        _ members: JSONObject, file: String, vocabularySize: Int
    ) throws(ModelLoadError) -> Set<Int> {
        let value = members["eos_token_id"] ?? .null
        let ids = value.isNull ? [] : (value.array ?? [value]).map { $0.number?.int ?? -1 }
        guard ids.allSatisfy({ (0..<vocabularySize).contains($0) }) else {
            throw ModelLoadError("\(file): eos_token_id must be a token of the vocabulary, or a list of them")
        }
        return Set(ids)
    }

    /// Options of the format that would change the arithmetic.
    private static func refuseVariants(_ members: JSONObject, file: String) throws(ModelLoadError) {
        let defaults = [
            ("scale_attn_weights", true), ("scale_attn_by_inverse_layer_idx", false), ("add_cross_attention", false),
        ]
        for (name, value) in defaults where members[name]?.bool == !value {
            throw ModelLoadError("\(file): \(name) \(!value) is not supported")
        }
    }
}
