internal import Martlet
internal import MartletClient

/// What requests want that servers spell differently.
struct UpstreamWishes: Sendable {
    /// Whether the generation continues the last message, which is the assistant's.
    var continuesFinalMessage = false
    /// Whether a completion may have as many tokens as fit into the context.
    var isUnlimited = false
    /// Whether inputs that are too long are cut.
    var truncates = false
}

extension UpstreamKind {
    /// Writes wishes into a body, and other parameters as this kind of server reads them.
    func spell(_ wishes: UpstreamWishes, in body: inout JSONObject) {
        spellThinking(in: &body)
        if self == .llamaCpp, let penalty = body["repetition_penalty"] {
            body["repetition_penalty"] = nil
            body["repeat_penalty"] = penalty
        }
        // The others do so by default.
        if wishes.continuesFinalMessage, [.vLLM, .sgLang, .martlet].contains(self) {
            body["continue_final_message"] = true
            body["add_generation_prompt"] = false
        }
        if wishes.isUnlimited {
            // The default of llama.cpp and Ollama. vLLM's is 16, as OpenAI's; Martlet reduces a limit to what fits.
            if self == .vLLM { body["max_tokens"] = .null }
            if self == .martlet { body["max_tokens"] = .number(JSONNumber(Int.max / 2)) }
        }
        // -1 is the model's limit. Ollama cuts by default.
        if wishes.truncates, self == .vLLM { body["truncate_prompt_tokens"] = -1 }
    }

    /// Servers that apply a template have a variable for thinking, the others only an effort. Martlet has both.
    private func spellThinking(in body: inout JSONObject) {
        if self == .martlet { return }
        var variables = body["chat_template_kwargs"]?.object ?? [:]
        let effort = body["reasoning_effort"]?.string
        if [.vLLM, .sgLang, .llamaCpp].contains(self) {
            if let effort { variables["enable_thinking"] = variables["enable_thinking"] ?? .bool(effort != "none") }
            // Not every version knows it.
            if effort == "none" { body["reasoning_effort"] = nil }
        } else if let thinks = variables["enable_thinking"]?.bool {
            variables["enable_thinking"] = nil
            if effort == nil { body["reasoning_effort"] = thinks ? "medium" : "none" }
        }
        body["chat_template_kwargs"] = variables.isEmpty ? nil : .object(variables)
    }
}
