internal import MartletUV

/// What a generated text must be, compiled. It is shared by all texts that must be so; each of them has a `Matcher`.
///
/// ```swift
/// let vocabulary = TokenVocabulary(tokens: tokens, endTokens: [0])
/// var matcher = try Constraint(regex: "[0-9]{4}").matcher(for: vocabulary)
/// var mask = TokenMask(count: vocabulary.count)  // of the model's tokens
/// while !matcher.isComplete {
///     try matcher.allowed(into: &mask)
///     try matcher.advance(sample(logits, mask))
/// }
/// ```
public final class Constraint: Sendable {
    let grammar: Grammar
    /// That of the last vocabulary; nearly always there is one.
    private let automaton = Locked<SharedAutomaton?>(nil)

    init(_ grammar: Grammar) { self.grammar = grammar }

    /// The texts that match a regular expression of ECMA-262 as a whole.
    ///
    /// - Throws: `ConstraintError`.
    public convenience init(regex: String) throws(ConstraintError) {
        var builder = RegexBuilder()
        let whole = try builder.whole(RegexParser.parse(regex), as: .text)
        self.init(try Grammar([.regex(whole)], builder.arena))
    }

    /// One of some texts.
    ///
    /// - Throws: `ConstraintError` if there are none.
    public convenience init(choices: [String]) throws(ConstraintError) {
        var builder = RegexBuilder()
        var texts: [Regex] = []
        for choice in choices { texts.append(builder.literal(choice, as: .text)) }
        self.init(try Grammar([.regex(builder.arena.union(texts))], builder.arena))
    }

    /// The texts of a context-free grammar in the notation of llama.cpp, GBNF. The start is the rule `root`.
    ///
    /// - Throws: `ConstraintError`; also for left recursion, which llama.cpp does not permit either.
    public convenience init(gbnf: String) throws(ConstraintError) {
        self.init(try GBNFParser.parse(gbnf))
    }

    /// A text of the constraint that is about to begin.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    public func matcher(for vocabulary: TokenVocabulary) throws(ConstraintError) -> Matcher {
        Matcher(
            try automaton.withLock { automaton throws(ConstraintError) in
                if let known = automaton, known.vocabulary === vocabulary { return known }
                let made = try SharedAutomaton(grammar, vocabulary)
                automaton = made
                return made
            })
    }
}
