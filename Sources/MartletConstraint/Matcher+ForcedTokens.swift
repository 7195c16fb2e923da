extension Matcher {
    /// The most bytes that are forced at once.
    static let maximumForcedBytes = 256
    /// The most tokens at the end of a run that are left to be chosen.
    static let maximumOpenTokens = 4

    /// The tokens that come next where the constraint leaves no choice of the text: the tokenizer's own encoding of the
    /// bytes that must come, so that the model reads them as it was trained to.
    ///
    /// What follows is not known, and its first bytes could be one token with the run's last. So a token is left out, with
    /// those after it, if a token of the vocabulary begins with all of the run from there on and is longer; only the last
    /// four can be. None is if no byte follows, since the text ends or a token comes by its id.
    ///
    /// - Parameter encode: The tokenizer, without special tokens. If what it returns does not have the bytes of its
    ///   argument, no token is forced.
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    public mutating func forcedTokens(_ encode: (String) -> [Int]) throws(ConstraintError) -> [Int] {
        if isComplete { return [] }
        let run = try automaton.forcedRun(at: &position, limit: Self.maximumForcedBytes)
        let text = Self.wholeCharacters(of: run.bytes)
        guard !text.isEmpty else { return [] }
        let tokens = encode(text)
        let parts = tokens.map(automaton.vocabulary.bytes)
        guard parts.allSatisfy({ !$0.isEmpty }), parts.joined().elementsEqual(text.utf8) else { return [] }
        if run.isClosed, text.utf8.count == run.bytes.count { return tokens }
        for index in parts.indices.suffix(Self.maximumOpenTokens) {
            let rest = Array(parts[index...].joined())
            if automaton.vocabulary.hasLongerToken(than: rest) { return Array(tokens[..<index]) }
        }
        return tokens
    }

    /// The text without a character at its end of which only some bytes must come.
    private static func wholeCharacters(of bytes: [UInt8]) -> String {
        for count in 0...min(3, bytes.count) {
            if let text = String(validating: bytes.dropLast(count), as: UTF8.self) { return text }
        }
        return ""
    }
}
