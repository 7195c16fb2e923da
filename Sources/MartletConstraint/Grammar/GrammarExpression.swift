/// What a grammar's rule derives.
indirect enum GrammarExpression: Hashable, Sendable {
    /// Strings of bytes.
    case regex(Regex)
    /// One token by its id, regardless of its bytes.
    case token(TokenSet)
    /// The name of a member of an object, with its quotes, that must not be that of an earlier member.
    case name(Regex)
    /// Some of a few texts.
    case selection(Selection)
    case rule(Int)
    case sequence([GrammarExpression])
    case choice([GrammarExpression])
    case repetition(GrammarExpression, minimum: Int, maximum: Int?)

    static let empty = GrammarExpression.regex(.empty)
}

/// Ids of tokens, or all but them.
struct TokenSet: Hashable, Sendable {
    var ids: Set<Int>
    var isComplement = false

    func contains(_ id: Int) -> Bool { ids.contains(id) != isComplement }
}
