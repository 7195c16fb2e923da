public import MartletJSON

/// Parameters of chats and completions. Unset ones are not sent, so the server's defaults apply.
public struct GenerationOptions: Sendable, Equatable {
    /// From 0, which is greedy, to 2.
    public var temperature: Double?
    /// Nucleus sampling: the cumulative probability of the candidate tokens.
    public var topP: Double?
    /// The maximum number of generated tokens per choice. With Anthropic's Messages API, which requires a limit, nil means
    /// 8,192.
    public var maxTokens: Int?
    /// Up to four strings, each of which ends a choice.
    public var stop: [String] = []
    /// With equal seeds a server returns equal replies if it can.
    public var seed: Int?
    /// The number of choices.
    public var n: Int?
    /// The number of alternatives with each token's log-probability; nil requests no log-probabilities.
    public var topLogprobs: Int?
    /// Subtracted from a token's logit for each time it was generated.
    public var frequencyPenalty: Double?
    /// Subtracted once from a token's logit if it was generated.
    public var presencePenalty: Double?
    /// Added to the logits, by token id.
    public var logitBias: [Int: Double] = [:]
    /// An id of the end user.
    public var user: String?
    /// The number of most likely tokens that are candidates. This and the following are extensions of vLLM, llama.cpp
    /// and Ollama.
    public var topK: Int?
    /// The minimum probability of a candidate, relative to the most likely one.
    public var minP: Double?
    /// Typical sampling: the cumulative probability of the most typical tokens.
    public var typicalP: Double?
    /// Divides the logits of tokens that occurred before.
    public var repetitionPenalty: Double?
    /// The minimum number of tokens before the generation may end.
    public var minTokens: Int?
    /// Whether generation continues after the end-of-text token.
    public var ignoresEndOfText: Bool?
    /// Token ids, each of which ends a choice.
    public var stopTokenIDs: [Int] = []
    /// Whether the reply includes token ids.
    public var returnsTokenIDs: Bool?
    /// Further members of the body. Properties override members of the same name.
    public var extra: JSONObject = [:]

    public init() {}

    public init(
        temperature: Double? = nil, topP: Double? = nil, maxTokens: Int? = nil, stop: [String] = [], seed: Int? = nil,
        n: Int? = nil, topLogprobs: Int? = nil, extra: JSONObject = [:]
    ) {
        (self.temperature, self.topP, self.maxTokens, self.stop) = (temperature, topP, maxTokens, stop)
        (self.seed, self.n, self.topLogprobs, self.extra) = (seed, n, topLogprobs, extra)
    }
}

// MARK: JSON

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

    /// Adds the parameters that are set. Log-probabilities are not among them: chats and completions request them
    /// differently.
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

    /// Removes the known members from `object`.
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
    /// Removes a member and returns its value.
    mutating func take(_ name: String) -> JSONValue? {
        defer { self[name] = nil }
        return self[name]
    }
}
