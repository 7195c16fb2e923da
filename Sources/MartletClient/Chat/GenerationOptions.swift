public import MartletJSON

/// What both kinds of generation can be asked for. What is not set is not sent: the server's default holds.
public struct GenerationOptions: Sendable, Equatable {
    /// 0 is greedy and can be sent; 0 to 2.
    public var temperature: Double?
    /// The share of probability that candidates must reach together.
    public var topP: Double?
    /// The most tokens to generate for a choice.
    public var maxTokens: Int?
    /// Up to four strings that end a choice.
    public var stop: [String] = []
    /// Equal seeds give equal answers, where the server can.
    public var seed: Int?
    /// How many choices to generate.
    public var n: Int?
    /// How many alternatives to tell with each token's log-probability; nil asks for no log-probabilities.
    public var topLogprobs: Int?
    /// Subtracted from a token's logit for each time it was generated.
    public var frequencyPenalty: Double?
    /// Subtracted from a token's logit if it was generated.
    public var presencePenalty: Double?
    /// Added to the logits of these token ids.
    public var logitBias: [Int: Double] = [:]
    /// Whom the request is made for.
    public var user: String?
    /// How many of the likeliest tokens are candidates; vLLM's, llama.cpp's and Ollama's, as all that follow.
    public var topK: Int?
    /// The least probability of a candidate, as a share of the likeliest one's.
    public var minP: Double?
    /// The share of probability that the most typical tokens must reach together.
    public var typicalP: Double?
    /// Divides the logits of tokens that came before.
    public var repetitionPenalty: Double?
    /// Tokens to generate before the end may be chosen.
    public var minTokens: Int?
    /// Whether the end-of-text token is one like any other.
    public var ignoresEndOfText: Bool?
    /// Token ids that end a choice.
    public var stopTokenIDs: [Int] = []
    /// Whether the reply is to tell token ids.
    public var returnsTokenIDs: Bool?
    /// Members of the body that have no name here; one that has is overridden by it.
    public var extra: JSONObject = [:]

    /// Nothing is asked for.
    public init() {}

    /// The usual ones.
    public init(
        temperature: Double? = nil, topP: Double? = nil, maxTokens: Int? = nil, stop: [String] = [], seed: Int? = nil,
        n: Int? = nil, topLogprobs: Int? = nil, extra: JSONObject = [:]
    ) {
        (self.temperature, self.topP, self.maxTokens, self.stop) = (temperature, topP, maxTokens, stop)
        (self.seed, self.n, self.topLogprobs, self.extra) = (seed, n, topLogprobs, extra)
    }
}

// MARK: On the wire

extension GenerationOptions {
    private typealias Name<Value> = (String, any WritableKeyPath<GenerationOptions, Value> & Sendable)

    private static let doubles: [Name<Double?>] = [
        ("temperature", \.temperature), ("top_p", \.topP), ("frequency_penalty", \.frequencyPenalty),
        ("presence_penalty", \.presencePenalty), ("min_p", \.minP), ("typical_p", \.typicalP),
        ("repetition_penalty", \.repetitionPenalty),
    ]
    private static let ints: [Name<Int?>] = [
        ("max_tokens", \.maxTokens), ("seed", \.seed), ("n", \.n), ("top_k", \.topK), ("min_tokens", \.minTokens),
    ]
    private static let bools: [Name<Bool?>] = [
        ("ignore_eos", \.ignoresEndOfText), ("return_token_ids", \.returnsTokenIDs),
    ]

    /// Adds what is set. Log-probabilities are not among it: chats and completions ask for them differently.
    func write(into object: inout JSONObject) {
        for (name, path) in Self.doubles {
            if let value = self[keyPath: path] { object[name] = JSONNumber(value).map { .number($0) } ?? .null }
        }
        for (name, path) in Self.ints {
            if let value = self[keyPath: path] { object[name] = .number(JSONNumber(value)) }
        }
        for (name, path) in Self.bools { if let value = self[keyPath: path] { object[name] = .bool(value) } }
        if !stop.isEmpty { object["stop"] = .array(stop.map { .string($0) }) }
        if !stopTokenIDs.isEmpty { object["stop_token_ids"] = .array(stopTokenIDs.map { .number(JSONNumber($0)) }) }
        if !logitBias.isEmpty {
            var bias = JSONObject()
            for (id, value) in logitBias.sorted(by: { $0.key < $1.key }) {
                bias[String(id)] = JSONNumber(value).map { .number($0) } ?? .null
            }
            object["logit_bias"] = .object(bias)
        }
        if let user { object["user"] = .string(user) }
    }

    /// Takes what it knows out of `object`.
    init(taking object: inout JSONObject) {
        for (name, path) in Self.doubles { self[keyPath: path] = object.take(name)?.number?.double }
        for (name, path) in Self.ints { self[keyPath: path] = object.take(name)?.number?.int }
        for (name, path) in Self.bools { self[keyPath: path] = object.take(name)?.bool }
        switch object.take("stop") {
        case .string(let text): stop = [text]
        case .array(let texts): stop = texts.compactMap(\.string)
        default: break
        }
        stopTokenIDs = (object.take("stop_token_ids")?.array ?? []).compactMap { $0.number?.int }
        for (id, value) in object.take("logit_bias")?.object ?? [:] {
            if let id = Int(id), let value = value.number?.double { logitBias[id] = value }
        }
        user = object.take("user")?.string
    }
}

extension JSONObject {
    /// Removes a member and returns what it held.
    mutating func take(_ name: String) -> JSONValue? {
        defer { self[name] = nil }
        return self[name]
    }
}
