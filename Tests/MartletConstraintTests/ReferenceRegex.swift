@testable import MartletConstraint

/// Matches regular expressions by trying everything, as ECMA-262 describes it (§22.2.2). Slow, and plainly right.
struct ReferenceRegex {
    let text: [Unicode.Scalar]

    /// Whether there is a match somewhere.
    static func test(_ syntax: RegexSyntax, _ text: String) -> Bool {
        let reference = ReferenceRegex(text: Array(text.unicodeScalars))
        return (0...reference.text.count).contains { start in reference.match(syntax, start) { _ in true } }
    }

    /// Whether the text matches as a whole.
    static func matchesWhole(_ syntax: RegexSyntax, _ text: String) -> Bool {
        let reference = ReferenceRegex(text: Array(text.unicodeScalars))
        return reference.match(syntax, 0) { $0 == reference.text.count }
    }

    private func match(_ syntax: RegexSyntax, _ position: Int, _ rest: (Int) -> Bool) -> Bool {
        switch syntax {
        case .empty: return rest(position)
        case .set(let set): return position < text.count && set.contains(text[position]) && rest(position + 1)
        case .concatenation(let parts): return match(parts[...], position, rest)
        case .alternation(let choices): return choices.contains { match($0, position, rest) }
        case .repetition(let part, let minimum, let maximum):
            return match(repeating: part, minimum, maximum, position, rest)
        case .start: return position == 0 && rest(position)
        case .end: return position == text.count && rest(position)
        case .lookahead(let inner, let isNegative):
            return match(inner, position) { _ in true } != isNegative && rest(position)
        }
    }

    private func match(_ parts: ArraySlice<RegexSyntax>, _ position: Int, _ rest: (Int) -> Bool) -> Bool {
        guard let first = parts.first else { return rest(position) }
        return match(first, position) { match(parts.dropFirst(), $0, rest) }
    }

    private func match(
        repeating part: RegexSyntax, _ minimum: Int, _ maximum: Int?, _ position: Int, _ rest: (Int) -> Bool
    ) -> Bool {
        if minimum == 0, rest(position) { return true }
        if maximum == 0 { return false }
        return match(part, position) { next in
            // A repetition of nothing leads nowhere that fewer repetitions would not.
            if next == position {
                return minimum > 0 && match(repeating: part, minimum - 1, maximum.map { $0 - 1 }, next, rest)
            }
            return match(repeating: part, max(0, minimum - 1), maximum.map { $0 - 1 }, next, rest)
        }
    }
}
