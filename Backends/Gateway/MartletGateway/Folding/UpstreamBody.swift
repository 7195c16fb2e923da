internal import Martlet
internal import MartletClient

/// A typed request as the body of OpenAI's, without the prompt: what it has no typed field for is as the client wrote it.
struct UpstreamBody: Sendable {
    let endpoint: RelayEndpoint
    /// The id of the model, as the gateway lists it.
    let model: String
    let estimate: TokenEstimate
    /// What the prompt begins with.
    let promptBlocks: @Sendable () -> [[UInt8]]
    private let common: JSONObject
    /// Only some kinds of upstreams have a spelling of these.
    private let wishes: UpstreamWishes

    /// The conversation that the request belongs to; nil if it does not say.
    var session: String? { (common["prompt_cache_key"] ?? common["user"])?.string }

    init(of request: ChatRequest) {
        var body = request.body
        for name in ["messages", "stream", "stream_options", "max_completion_tokens", "logprobs", "top_logprobs"] {
            body[name] = nil
        }
        body["max_tokens"] = request.maxTokens.map { .number(JSONNumber($0)) }
        request.sampling.write(to: &body)
        body["stop"] = request.stop.isEmpty ? nil : .array(request.stop.map { .string($0) })
        body["n"] = request.n > 1 ? .number(JSONNumber(request.n)) : nil
        if let count = request.topLogprobs {
            body["logprobs"] = true
            body["top_logprobs"] = count > 0 ? .number(JSONNumber(count)) : nil
        }
        let tools = request.tools.map { JSONValue.object($0.json) }
        body["tools"] = tools.isEmpty ? nil : .array(tools)
        if body["tool_choice"] == nil, request.toolChoice != .auto { body["tool_choice"] = request.toolChoice.json }
        if !request.parallelToolCalls { body["parallel_tool_calls"] = false }
        request.structuredOutput?.write(to: &body)
        body["reasoning_effort"] = request.reasoningEffort.map { .string($0) }
        body["chat_template_kwargs"] =
            request.chatTemplateKwargs.isEmpty ? nil : .object(request.chatTemplateKwargs)
        promptBlocks = {
            let messages = request.messages.map { JSONValue.object($0.json) }
            return ((tools.isEmpty ? [] : [JSONValue.array(tools)]) + messages).map { Array($0.description.utf8) }
        }
        (endpoint, model, common) = (.chatCompletions, request.model, body)
        let textBytes =
            request.messages.reduce(0) { $0 + $1.text.utf8.count }
            + tools.reduce(0) { $0 + $1.description.utf8.count }
        estimate = TokenEstimate(textBytes: textBytes, maxTokens: request.maxTokens, choices: request.n)
        wishes = UpstreamWishes(continuesFinalMessage: request.continuesFinalMessage)
    }

    init(of request: TokenRequest) {
        var body = request.body
        for name in ["stream", "stream_options", "prompt", "echo"] { body[name] = nil }
        body["max_tokens"] = request.isUnlimited ? nil : .number(JSONNumber(request.maxTokens))
        request.sampling.write(to: &body)
        body["stop"] = request.stop.isEmpty ? nil : .array(request.stop.map { .string($0) })
        body["n"] = request.n > 1 ? .number(JSONNumber(request.n)) : nil
        body["best_of"] = request.bestOf > request.n ? .number(JSONNumber(request.bestOf)) : nil
        body["logprobs"] = request.topLogprobs.map { .number(JSONNumber($0)) }
        request.structuredOutput?.write(to: &body)
        body["suffix"] = request.suffix.map { .string($0) }
        let prompt = request.upstreamPrompt
        promptBlocks = {
            switch prompt {
            case .text(let text): [Array(text.utf8)]
            case .tokenIDs(let ids): [Array(ids.map { "\($0)" }.joined(separator: ",").utf8)]
            }
        }
        (endpoint, model, common) = (.completions, request.model, body)
        let limit = request.isUnlimited ? nil : request.maxTokens
        estimate = TokenEstimate(textBytes: prompt.textBytes, maxTokens: limit, choices: request.bestOf)
        wishes = UpstreamWishes(isUnlimited: request.isUnlimited)
    }

    init(of request: EmbeddingRequest) {
        var body = request.body
        for name in ["input", "encoding_format"] { body[name] = nil }
        body["dimensions"] = request.dimensions.map { .number(JSONNumber($0)) }
        promptBlocks = { [] }
        (endpoint, model, common) = (.embeddings, request.model, body)
        let textBytes = request.inputs.reduce(0) { $0 + $1.textBytes }
        estimate = TokenEstimate(textBytes: textBytes, maxTokens: 0, choices: 1)
        wishes = UpstreamWishes(truncates: request.truncates)
    }

    /// The members of the body for an upstream.
    ///
    /// - Parameter model: The upstream's name of the model.
    func members(for kind: UpstreamKind, model: String) -> JSONObject {
        var body = common
        body["model"] = .string(model)
        kind.spell(wishes, in: &body)
        return body
    }
}

extension TokenRequest {
    /// Whether the reply may have as many tokens as fit into the context: Ollama's API says so with such a number.
    var isUnlimited: Bool { maxTokens >= 1 << 40 }

    var upstreamPrompt: Prompt { promptTokenIDs.isEmpty ? .text(prompt ?? "") : .tokenIDs(promptTokenIDs) }
}

extension Prompt {
    /// About as many bytes as its tokens have.
    fileprivate var textBytes: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .tokenIDs(let ids): 4 * ids.count
        }
    }
}

extension TokenEstimate {
    fileprivate init(textBytes: Int, maxTokens: Int?, choices: Int) {
        self.init(
            promptTokens: 0, textBytes: textBytes, maxTokens: maxTokens, choices: choices,
            meanReply: MeanReply().tokens)
    }
}

extension SamplingParameters {
    /// Writes what differs from the default, and what the body has: an upstream may have other defaults.
    fileprivate func write(to body: inout JSONObject) {
        func write(_ name: String, _ value: Double, unless neutral: Double) {
            if value != neutral || body[name] != nil { body[name] = JSONNumber(value).map { .number($0) } }
        }
        func write(_ name: String, _ value: Int) {
            if value != 0 || body[name] != nil { body[name] = .number(JSONNumber(value)) }
        }
        write("temperature", temperature, unless: 1)
        write("top_p", topP, unless: 1)
        write("min_p", minP, unless: 0)
        write("typical_p", typicalP, unless: 1)
        write("frequency_penalty", frequencyPenalty, unless: 0)
        write("presence_penalty", presencePenalty, unless: 0)
        write("repetition_penalty", repetitionPenalty, unless: 1)
        write("top_k", topK)
        write("min_tokens", minTokens)
        body["seed"] = seed.map { .number(JSONNumber($0)) }
        body["ignore_eos"] = ignoresEndOfText ? true : nil
        body["stop_token_ids"] = stopTokenIDs.isEmpty ? nil : .array(stopTokenIDs.map { .number(JSONNumber($0)) })
        var bias: JSONObject = [:]
        for (id, value) in logitBias { bias[String(id)] = JSONNumber(value).map { .number($0) } }
        body["logit_bias"] = bias.isEmpty ? nil : .object(bias)
    }
}

extension StructuredOutput {
    private static let names = [
        "response_format", "structured_outputs", "guided_json", "guided_regex", "guided_choice", "guided_grammar",
        "grammar", "json_schema",
    ]

    /// Writes the demand, unless the body has it: as `response_format`, or as vLLM's `structured_outputs`.
    fileprivate func write(to body: inout JSONObject) {
        if Self.names.contains(where: { body[$0] != nil }) { return }
        if let schema = source.schema {
            body["response_format"] = ["type": "json_schema", "json_schema": ["name": "response", "schema": schema]]
        } else if let pattern = source.pattern {
            body["structured_outputs"] = ["regex": .string(pattern)]
        } else if let texts = source.texts {
            body["structured_outputs"] = ["choice": .array(texts.map { .string($0) })]
        } else if let grammar = source.grammar {
            body["structured_outputs"] = ["grammar": .string(grammar)]
        }
    }
}
