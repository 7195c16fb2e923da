public import MartletJSON

/// How many tokens a request has cost.
public struct Usage: Sendable, Hashable {
    /// Tokens of the prompt, over all prompts of the request.
    public var promptTokens: Int
    /// Tokens generated, over all choices.
    public var completionTokens: Int
    /// How many of the prompt's tokens came from a cache, where the backend knows.
    public var cachedTokens: Int?
    /// How many of the generated tokens were thoughts, where there were some.
    public var reasoningTokens: Int?

    /// Both together.
    public var totalTokens: Int { promptTokens + completionTokens }

    /// A usage; the total is computed.
    public init(promptTokens: Int, completionTokens: Int, cachedTokens: Int? = nil) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.cachedTokens = cachedTokens
    }
}

extension Usage: JSONWritable {
    /// Writes OpenAI's `CompletionUsage`; `prompt_tokens_details` and `completion_tokens_details` only where they are known.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("prompt_tokens", promptTokens)
            writer.member("completion_tokens", completionTokens)
            writer.member("total_tokens", totalTokens)
            if let cachedTokens {
                writer.object("prompt_tokens_details") { $0.member("cached_tokens", cachedTokens) }
            }
            if let reasoningTokens {
                writer.object("completion_tokens_details") { $0.member("reasoning_tokens", reasoningTokens) }
            }
        }
    }
}

extension Usage {
    /// Reads OpenAI's `usage`, with zeros for what a server leaves out.
    public init(json: JSONObject) {
        self.init(
            promptTokens: json["prompt_tokens"]?.number?.int ?? 0,
            completionTokens: json["completion_tokens"]?.number?.int ?? 0,
            cachedTokens: json["prompt_tokens_details"]?.object?["cached_tokens"]?.number?.int)
        reasoningTokens = json["completion_tokens_details"]?.object?["reasoning_tokens"]?.number?.int
    }
}
