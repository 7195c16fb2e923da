/// The estimated tokens of a request, before it is served.
package struct TokenEstimate: Sendable, Equatable {
    /// The highest count of tokens: with larger ones the sums of a `FairQueue` could overflow.
    static let highest = 1 << 32

    /// The tokens of the prompts.
    package var prompt = 0
    /// The most tokens of the replies, or what such replies have had so far.
    package var reply = 0

    package var total: Int { min(prompt + reply, Self.highest) }

    package init() {}

    /// - Parameters:
    ///   - promptTokens: 0 if they are not known; they are then a quarter of the text's bytes.
    ///   - maxTokens: The most tokens of each reply; nil without a limit, and then `meanReply` counts.
    ///   - contextLength: The most tokens of a prompt and a reply together; nil without a limit.
    package init(
        promptTokens: Int, textBytes: Int = 0, maxTokens: Int?, choices: Int = 1, meanReply: Int,
        contextLength: Int? = nil
    ) {
        prompt = min(promptTokens > 0 ? promptTokens : textBytes / 4, Self.highest / 2)
        let room = contextLength.map { max(0, $0 - prompt) } ?? .max
        let (replies, isTooLarge) = min(maxTokens ?? meanReply, room).multipliedReportingOverflow(by: choices)
        reply = isTooLarge ? Self.highest / 2 : min(replies, Self.highest / 2)
    }

    package static func + (left: TokenEstimate, right: TokenEstimate) -> TokenEstimate {
        var sum = left
        sum.prompt = min(left.prompt + right.prompt, highest / 2)
        sum.reply = min(left.reply + right.reply, highest / 2)
        return sum
    }
}

/// The running mean of the tokens of a model's replies, as the estimate of one without `max_tokens`. A pure value.
package struct MeanReply: Sendable {
    /// Before the first reply: most end long before the model's context does.
    static let initial = 256
    static let highest = 65_536
    /// The part of the mean that each reply replaces, as a divisor.
    private static let weight = 16.0

    private var mean = Double(Self.initial)

    package init() {}

    /// In tokens, at least 1.
    package var tokens: Int { Int(mean.rounded(.up)) }

    /// Counts a reply that ended by itself, so without `max_tokens`.
    package mutating func add(_ tokens: Int) {
        mean += (Double(min(max(1, tokens), Self.highest)) - mean) / Self.weight
    }
}
