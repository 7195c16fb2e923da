package import MartletJSON
internal import MartletUV

/// What a generated text must be, compiled. It is shared by all texts that must be so; each of them has a `Matcher`.
///
/// ```swift
/// let vocabulary = TokenVocabulary(tokens: tokens, endTokens: [0])
/// var matcher = try Constraint(.regex("[0-9]{4}")).matcher(for: vocabulary)
/// var mask = TokenMask(count: vocabulary.count)  // of the model's tokens
/// while !matcher.isComplete {
///     try matcher.allowed(into: &mask)
///     try matcher.advance(sample(logits, mask))
/// }
/// ```
public final class Constraint: Sendable {
    private let grammar: Grammar
    /// That of the last vocabulary; nearly always there is one.
    private let automaton = Locked<SharedAutomaton?>(nil)

    init(_ grammar: Grammar) { self.grammar = grammar }

    convenience init(_ rules: consuming GrammarRules) throws(ConstraintError) { self.init(try Grammar(rules)) }

    /// Compiles what a text must be.
    ///
    /// - Throws: `ConstraintError`.
    public convenience init(_ source: ConstraintSource) throws(ConstraintError) {
        var builder = RegexBuilder()
        switch source.kind {
        case .regex(let pattern):
            let whole = try builder.whole(RegexParser.parse(pattern), as: .text)
            try self.init(GrammarRules([.regex(whole)], builder.arena))
        case .choices(let choices):
            var texts: [Regex] = []
            for choice in choices { texts.append(builder.literal(choice, as: .text)) }
            try self.init(GrammarRules([.regex(builder.arena.union(texts))], builder.arena))
        case .gbnf(let grammar): try self.init(try GBNFParser.parse(grammar))
        case .jsonSchema(let schema, let whitespace):
            self.init(try SchemaCompiler.compile(schema, whitespace, .standard))
        }
    }

    /// Compiles a JSON Schema whose numbers may have any number of digits, for comparisons with other implementations.
    package convenience init(unlimited schema: JSONValue) throws(ConstraintError) {
        self.init(try SchemaCompiler.compile(schema, .optional, .none))
    }

    /// Whether a text of the constraint begins with the byte, as far as that is found within the limits.
    func mayBegin(with byte: UInt8) -> Bool {
        guard var automaton = try? Automaton(grammar) else { return true }
        return (try? automaton.next(automaton.start, byte)) != Automaton.dead
    }

    /// As it is written, for grammars that have this one as a part.
    var rules: GrammarRules { grammar.source }

    /// The number of parts of its grammar, which limits count.
    public var partCount: Int { grammar.nodes.count }

    /// An estimate of the bytes that its texts have made it remember, which its limits bound.
    package var memory: Int { automaton.withLock { $0 }?.memory ?? 0 }

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
