internal import MartletJSON
internal import MartletOpenAI

/// The body of an Ollama request, and its translation into the body of the corresponding OpenAI request, from which the
/// request value is decoded.
struct OllamaBody: Sendable {
    let body: JSONObject

    /// The body of the chat completion that corresponds to `/api/chat`.
    func chat() throws(OpenAIError) -> JSONObject {
        var chat = try shared()
        chat["messages"] = .array(try OllamaMessages.translate(Field(body).required("messages", "a list of messages")))
        chat["tools"] = body["tools"]
        try addThinking(to: &chat)
        if let format = try format() { chat["response_format"] = format }
        return chat
    }

    /// The body of the chat completion that corresponds to `/api/generate` without `raw`: one user message.
    func chatOfPrompt() throws(OpenAIError) -> JSONObject {
        var messages: [JSONValue] = []
        if let system = try Field(body).member("system")?.string(), !system.isEmpty {
            messages.append(["role": "system", "content": .string(system)])
        }
        var message: JSONObject = ["role": "user", "content": .string(try prompt())]
        message["images"] = body["images"]
        messages.append(.object(message))
        var chat = self.body
        chat["messages"] = .array(messages)
        return try OllamaBody(body: chat).chat()
    }

    /// The body of the completion that corresponds to `/api/generate` with `raw`, `suffix` or `context`.
    func completion() throws(OpenAIError) -> JSONObject {
        var completion = try shared()
        completion["prompt"] = .string(try prompt())
        completion["suffix"] = body["suffix"]
        completion["max_tokens"] = completion["max_tokens"] ?? .number(JSONNumber(Int.max / 2))
        if let format = try format() { completion["response_format"] = format }
        if let count = try topLogprobs() { completion["logprobs"] = .number(JSONNumber(count)) }
        completion["top_logprobs"] = nil
        if let images = Field(body).member("images"), !(images.value.array ?? []).isEmpty {
            throw images.unsupported("`images` need the model's template; leave out `raw`, `suffix` and `context`.")
        }
        return completion
    }

    func prompt() throws(OpenAIError) -> String { try Field(body).member("prompt")?.string() ?? "" }

    /// Whether a prompt that is too long is truncated; true by default in Ollama's API.
    func isTruncated() throws(OpenAIError) -> Bool { try Field(body).member("truncate")?.bool() ?? true }

    /// True by default in Ollama's API.
    func isStreamed() throws(OpenAIError) -> Bool { try Field(body).member("stream")?.bool() ?? true }

    /// The number of alternatives to each token; nil means no log-probabilities.
    func topLogprobs() throws(OpenAIError) -> Int? {
        guard try Field(body).member("logprobs")?.bool() == true else { return nil }
        return try Field(body).member("top_logprobs")?.integer(in: 0...20) ?? 0
    }

    // MARK: Names

    /// Ollama's names of OpenAI's parameters, for error messages.
    static let names = ParameterNames(
        Dictionary(uniqueKeysWithValues: sameNames.map { ($0, "options.\($0)") }).merging([
            "response_format": "format", "max_tokens": "options.num_predict", "reasoning_effort": "think",
            "repetition_penalty": "options.repeat_penalty",
        ]) { _, name in name })

    // MARK: Parts

    private static let refused = ["template": "the model's own is used"]

    /// The members that all generation requests have in common.
    private func shared() throws(OpenAIError) -> JSONObject {
        for (name, reason) in Self.refused {
            guard let field = Field(body).member(name), field.value != "" else { continue }
            throw field.unsupported("`\(name)` is not supported: \(reason). Leave it out.")
        }
        var result = try options()
        result["model"] = body["model"]
        result["stream"] = .bool(try isStreamed())
        result["logprobs"] = body["logprobs"]
        result["top_logprobs"] = body["top_logprobs"]
        return result
    }

    /// Options with the same name in the APIs of OpenAI, vLLM or llama.cpp.
    private static let sameNames = [
        "temperature", "top_p", "top_k", "min_p", "typical_p", "seed", "presence_penalty", "frequency_penalty", "stop",
    ]

    /// The members of `options`. Unknown ones, and those without an equivalent, have no effect.
    private func options() throws(OpenAIError) -> JSONObject {
        guard let field = Field(body).member("options") else { return [:] }
        let options = try field.object()
        var result: JSONObject = [:]
        for name in Self.sameNames { result[name] = options[name] }
        result["repetition_penalty"] = options["repeat_penalty"]
        // 0 and negative numbers mean no limit.
        if let limit = try field.member("num_predict")?.integer(in: .min ... .max), limit > 0 {
            result["max_tokens"] = .number(JSONNumber(limit))
        }
        return result
    }

    private func addThinking(to chat: inout JSONObject) throws(OpenAIError) {
        guard let field = Field(body).member("think") else { return }
        if let thinks = field.value.bool {
            chat["chat_template_kwargs"] = ["enable_thinking": .bool(thinks)]
            if !thinks { chat["reasoning_effort"] = "none" }
        } else {
            guard let effort = field.value.string, ["low", "medium", "high", "max"].contains(effort) else {
                throw field.mustBe("`true`, `false`, \"low\", \"medium\", \"high\" or \"max\"")
            }
            chat["reasoning_effort"] = .string(effort)
        }
    }

    /// Whether the request contains images.
    var hasImages: Bool {
        let messages = body["messages"]?.array ?? []
        return ([.object(body)] + messages).contains { !($0.object?["images"]?.array ?? []).isEmpty }
    }

    /// Whether the request asks for reasoning.
    var thinks: Bool {
        switch body["think"] {
        case .bool(let thinks): thinks
        case .string: true
        default: false
        }
    }

    /// Whether the request asks for JSON or for a JSON schema.
    var hasFormat: Bool { Field(body).member("format").map { $0.value == "json" || $0.value.object != nil } ?? false }

    private func format() throws(OpenAIError) -> JSONValue? {
        guard let field = Field(body).member("format"), field.value != "" else { return nil }
        if field.value == "json" { return ["type": "json_object"] }
        guard field.value.object != nil else {
            let shown = JSONValue.string(String(field.value.description.prefix(64)))
            throw field.invalid("invalid format: \(shown); expected \"json\" or a valid JSON Schema object")
        }
        return ["type": "json_schema", "json_schema": ["name": "response", "schema": field.value]]
    }
}
