/// A regular expression over Unicode scalars, as it is written.
indirect enum RegexSyntax: Hashable, Sendable {
    case empty
    case set(ScalarSet)
    case concatenation([RegexSyntax])
    case alternation([RegexSyntax])
    case repetition(RegexSyntax, minimum: Int, maximum: Int?)
    /// `^`: nothing is before it.
    case start
    /// `$`: nothing is after it.
    case end
    /// `(?=...)`, or with `isNegative` `(?!...)`.
    case lookahead(RegexSyntax, isNegative: Bool)

    /// Whether it has `^`, `$` or a lookahead.
    var hasAssertions: Bool {
        switch self {
        case .empty, .set: false
        case .concatenation(let parts), .alternation(let parts): parts.contains(where: \.hasAssertions)
        case .repetition(let part, _, _): part.hasAssertions
        case .start, .end, .lookahead: true
        }
    }
}
