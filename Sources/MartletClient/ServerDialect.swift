internal import MartletJSON

/// How a request is spelled where OpenAI-compatible servers differ.
public struct ServerDialect: RawRepresentable, Sendable, Hashable {
    /// The server's name.
    public let rawValue: String

    /// An unknown name behaves like `other`.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// `reasoning_effort`, `max_completion_tokens` in place of `max_tokens`.
    public static let openAI = ServerDialect(rawValue: "openai")
    /// `reasoning: {effort | max_tokens}`.
    public static let openRouter = ServerDialect(rawValue: "openrouter")
    /// `thinking: {type, budget_tokens}`.
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
        for name in ["max_tokens", "max_completion_tokens"] {
            guard let limit = body[name]?.number?.int else { continue }
            // Reasoning tokens count towards the limit: leave room for the reply.
            let room = thinking.tokens.addingReportingOverflow(4096)
            body[name] = .number(JSONNumber(max(limit, room.overflow ? .max : room.partialValue)))
        }
    }

    /// Whether the request must mark a trailing assistant message as one to continue.
    var sendsContinueFinalMessage: Bool { self == .vLLM || self == .martlet }

    /// Whether the server continues a trailing assistant message; others reply to it.
    var continuesPrefill: Bool { [.vLLM, .llamaCPP, .martlet, .anthropic, .ollama].contains(self) }
}
