public import MartletJSON

/// The token counts of a request.
public struct Usage: Sendable, Hashable {
    /// The number of tokens of all prompts.
    public var promptTokens: Int
    /// The number of generated tokens of all choices.
    public var completionTokens: Int
    /// The number of prompt tokens that came from a cache; nil if the backend does not know.
    public var cachedTokens: Int?
    /// The number of generated tokens that were reasoning; nil if there were none.
    public var reasoningTokens: Int?

    /// The sum of `promptTokens` and `completionTokens`.
    public var totalTokens: Int { Self.sum(promptTokens, completionTokens) }

    /// At most `Int.max`: a server may report any counts.
    package static func sum(_ left: Int, _ right: Int) -> Int {
        let sum = left.addingReportingOverflow(right)
        return sum.overflow ? (left < 0 ? .min : .max) : sum.partialValue
    }

    public init(promptTokens: Int, completionTokens: Int, cachedTokens: Int? = nil) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.cachedTokens = cachedTokens
    }
}

extension Usage: JSONWritable {
    /// Writes OpenAI's `CompletionUsage`, with `prompt_tokens_details` and `completion_tokens_details` only if they are
    /// known.
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
    /// Decodes OpenAI's `usage`; missing counts are 0.
    public init(json: JSONObject) {
        self.init(
            promptTokens: json["prompt_tokens"]?.number?.int ?? 0,
            completionTokens: json["completion_tokens"]?.number?.int ?? 0,
            cachedTokens: json["prompt_tokens_details"]?.object?["cached_tokens"]?.number?.int)
        reasoningTokens = json["completion_tokens_details"]?.object?["reasoning_tokens"]?.number?.int
    }

    /// Decodes the `usage` of the Responses API; missing counts are 0.
    package init(response usage: JSONObject) {
        self.init(
            promptTokens: usage["input_tokens"]?.number?.int ?? 0,
            completionTokens: usage["output_tokens"]?.number?.int ?? 0,
            cachedTokens: usage["input_tokens_details"]?.object?["cached_tokens"]?.number?.int)
        reasoningTokens = usage["output_tokens_details"]?.object?["reasoning_tokens"]?.number?.int
    }

    /// Decodes the `usage` of Anthropic's Messages API; missing counts are 0. Prompt tokens that are read from a cache, or
    /// written to it, are counted apart there.
    package init(messages usage: JSONObject) {
        let count = { (name: String) in usage[name]?.number?.int }
        let names = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"]
        self.init(
            promptTokens: names.reduce(0) { Usage.sum($0, count($1) ?? 0) },
            completionTokens: count("output_tokens") ?? 0,
            cachedTokens: count("cache_read_input_tokens"))
        reasoningTokens = usage["output_tokens_details"]?.object?["thinking_tokens"]?.number?.int
    }
}
