internal import MartletJSON

/// The API of a server's chats, and how a request is spelled where OpenAI-compatible servers differ.
public struct ServerDialect: RawRepresentable, Sendable, Hashable {
    /// The server's name.
    public let rawValue: String

    /// An unknown name behaves like `other`.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// `reasoning_effort`, `max_completion_tokens` in place of `max_tokens`.
    public static let openAI = ServerDialect(rawValue: "openai")
    /// `reasoning: {effort | max_tokens}`.
    public static let openRouter = ServerDialect(rawValue: "openrouter")
    /// OpenAI's Responses API, without its storage: `chat` and everything built on it sends the whole conversation.
    /// `Client.respond` is for what only that API has.
    public static let responses = ServerDialect(rawValue: "responses")
    /// Anthropic's Messages API. The key is sent as `x-api-key`. It is never guessed, since Anthropic's own server has
    /// OpenAI's API at the same address.
    public static let messages = ServerDialect(rawValue: "messages")
    /// Anthropic's server, with OpenAI's API: `thinking: {type, budget_tokens}`.
    public static let anthropic = ServerDialect(rawValue: "anthropic")
    /// `chat_template_kwargs.enable_thinking`, `thinking_token_budget`, `continue_final_message` for a prefill.
    public static let vLLM = ServerDialect(rawValue: "vllm")
    /// `chat_template_kwargs.enable_thinking`, `thinking_budget_tokens`.
    public static let llamaCPP = ServerDialect(rawValue: "llama.cpp")
    /// `reasoning_effort`.
    public static let ollama = ServerDialect(rawValue: "ollama")
    /// `reasoning_effort`, `continue_final_message` for a prefill.
    public static let martlet = ServerDialect(rawValue: "martlet")
    /// What most servers understand: `reasoning_effort`, and otherwise only OpenAI's parameters.
    public static let other = ServerDialect(rawValue: "other")

    /// All of the above.
    package static let known = [
        openAI, responses, messages, openRouter, anthropic, vLLM, llamaCPP, ollama, martlet, other,
    ]

    /// Guesses from the address: the hosts of known providers, and Ollama's port.
    public init(guessing url: BaseURL) {
        let host = url.origin.split(separator: "/").last ?? ""
        if host == "api.openai.com" {
            self = .openAI
        } else if host.hasSuffix("openrouter.ai") {
            self = .openRouter
        } else if host.hasSuffix("anthropic.com") {
            self = .anthropic
        } else if host.hasSuffix(":11434") {
            self = .ollama
        } else {
            self = .other
        }
    }

    /// Writes the thinking parameters into `body`.
    func write(_ thinking: Thinking, into body: inout JSONObject) {
        switch self {
        case .openRouter:
            var reasoning: JSONObject = [:]
            if !thinking.isEnabled {
                reasoning["enabled"] = false
            } else if let budget = thinking.budget {
                reasoning["max_tokens"] = .number(JSONNumber(budget))
            } else {
                reasoning["effort"] = .string(thinking.word)
            }
            body["reasoning"] = .object(reasoning)
        case .anthropic:
            if thinking.isEnabled {
                body["thinking"] = ["type": "enabled", "budget_tokens": .number(JSONNumber(thinking.tokens))]
            }
        case .vLLM, .llamaCPP:
            var variables = body["chat_template_kwargs"]?.object ?? [:]
            variables["enable_thinking"] = .bool(thinking.isEnabled)
            body["chat_template_kwargs"] = .object(variables)
            let name = self == .vLLM ? "thinking_token_budget" : "thinking_budget_tokens"
            if let budget = thinking.budget { body[name] = .number(JSONNumber(budget)) }
            if let effort = thinking.effort { body["reasoning_effort"] = .string(effort) }
        default:
            body["reasoning_effort"] = .string(thinking.word)
        }
        guard thinking.isEnabled else { return }
        if !thinking.keepsTemperature { body["temperature"] = 1 }
        for name in ["max_tokens", "max_completion_tokens"] { thinking.makeRoom(in: &body, name) }
    }

    /// Adds the fields by which the server recognises the caller, and the version of its API.
    func writeFields(key: APIKey?, into fields: inout HTTPFields) {
        if self == .messages {
            fields.append("anthropic-version", "2023-06-01")
            if let key { fields.append("x-api-key", key.secret) }
        } else if let key {
            fields.append("Authorization", "Bearer \(key.secret)")
        }
    }

    /// Whether streams of chats are OpenAI's chunks.
    var hasChunks: Bool { self != .messages && self != .responses }

    /// The service whose variables configure clients, with the prefix of their names.
    package var provider: (prefix: String, url: BaseURL) {
        self == .messages
            ? ("ANTHROPIC", BaseURL("https://api.anthropic.com")) : ("OPENAI", BaseURL("https://api.openai.com"))
    }

    /// The path of the list of models. Anthropic's server lists 20 unless asked for more, and 1,000 at most.
    var modelsPath: String { self == .messages ? "models?limit=1000" : "models" }

    /// Whether the server refuses formats of strings that OpenAI's strict mode lacks; others obey or ignore them.
    var refusesOtherFormats: Bool { self == .openAI || self == .responses }

    /// Whether the request must mark a trailing assistant message as one to continue.
    var sendsContinueFinalMessage: Bool { self == .vLLM || self == .martlet }

    /// Whether the server continues a trailing assistant message; others reply to it.
    var continuesPrefill: Bool { [.vLLM, .llamaCPP, .martlet, .anthropic, .messages, .ollama].contains(self) }
}
