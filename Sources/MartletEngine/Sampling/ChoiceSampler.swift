internal import MartletConstraint

/// Chooses the tokens of one choice with its sampler, as its constraint allows. Both are as far as the choice is, running or
/// waiting.
struct ChoiceSampler {
    private var sampler: Sampler
    private var constraint: Following?

    /// A text that follows a constraint.
    private struct Following {
        var matcher: Matcher
        var mask = TokenMask(count: 0)
        /// Tokens that come next without a choice.
        var forced: ArraySlice<Int> = []

        /// The next token if there is no choice of it.
        mutating func force(_ encode: (String) -> [Int]) throws(ConstraintError) -> Int? {
            if forced.isEmpty { forced = try matcher.forcedTokens(encode)[...] }
            guard let token = forced.popFirst() else { return nil }
            try matcher.advance(token)
            return token
        }

        /// Finds the tokens that may come. Returns whether there are any; there may be none at the end of a text of a model
        /// that has no end tokens.
        mutating func allow() throws(ConstraintError) -> Bool {
            try matcher.allowed(into: &mask)
            if mask.words.contains(where: { $0 != 0 }) { return true }
            if try matcher.isAccepting() { return false }
            throw ConstraintError(
                .unsatisfiable, "The model has no token for what the constraint demands next. Use another one.")
        }
    }

    /// - Parameter matcher: The text's beginning; nil for any text.
    init(_ sampler: Sampler, _ matcher: Matcher? = nil) {
        self.sampler = sampler
        constraint = matcher.map { Following(matcher: $0) }
    }

    var isConstrained: Bool { constraint != nil }

    /// The same for another choice, if nothing has been chosen yet.
    func seeded(_ seed: UInt64) -> ChoiceSampler {
        var other = self
        other.sampler = sampler.seeded(seed)
        return other
    }

    /// The next token, from the logits after the last one; nil at the end of a text without an end token. Without logits,
    /// only where the constraint leaves no choice, and nil anywhere else.
    ///
    /// - Parameter encode: The model's tokenizer, without special tokens.
    /// - Throws: `ConstraintError` if the text cannot go on.
    mutating func next(
        from logits: Logits?, _ encode: (String) -> [Int]
    ) throws(ConstraintError) -> SampledToken? {
        if constraint == nil { return logits.map { sampler.choose(from: $0) } }
        if let token = try constraint?.force(encode) ?? nil { return sampler.take(token) }
        guard let logits else { return nil }
        guard try constraint?.allow() == true else { return nil }
        let sampled = sampler.choose(from: logits, allowing: constraint?.mask)
        try constraint?.matcher.advance(sampled.token)
        return sampled
    }
}
