/// Makes expressions over bytes from those over Unicode scalars.
struct RegexBuilder {
    /// How a scalar is written.
    enum Encoding: Hashable {
        /// UTF-8.
        case text
        /// As in a JSON string, in the one spelling that Martlet permits: UTF-8, and escapes for what needs them.
        case jsonString
    }

    var arena = RegexArena()
    private var sets: [SetKey: Regex] = [:]

    private struct SetKey: Hashable {
        let set: ScalarSet
        let encoding: Encoding
    }

    init() {}

    // MARK: Scalars

    /// One scalar of the set.
    mutating func scalar(of set: ScalarSet, as encoding: Encoding) -> Regex {
        let key = SetKey(set: set, encoding: encoding)
        if let known = sets[key] { return known }
        var parts: [Regex] = []
        var plain = set
        if encoding == .jsonString {
            plain = set.subtracting(Self.escaped)
            for value in set.intersection(Self.escaped).ranges.joined() {
                parts.append(arena.literal(Self.escape(of: UInt8(truncatingIfNeeded: value))))
            }
        }
        for sequence in plain.utf8Sequences {
            parts.append(arena.concatenation(sequence.map { arena.bytes(ByteSet($0)) }))
        }
        let result = arena.union(parts)
        sets[key] = result
        return result
    }

    /// All strings of scalars.
    mutating func anyString(as encoding: Encoding) -> Regex {
        let scalar = scalar(of: .all, as: encoding)
        return arena.repetition(scalar, 0, nil)
    }

    /// What JSON requires to be escaped (RFC 8259 §7), and DEL.
    private static let escaped = ScalarSet([0...0x1F, 0x22...0x22, 0x5C...0x5C, 0x7F...0x7F])

    private static func escape(of byte: UInt8) -> [UInt8] {
        let letter: Unicode.Scalar? =
            switch byte {
            case 0x08: "b"
            case 0x09: "t"
            case 0x0A: "n"
            case 0x0C: "f"
            case 0x0D: "r"
            case 0x22: "\""
            case 0x5C: "\\"
            default: nil
            }
        if let letter { return [0x5C, UInt8(ascii: letter)] }
        let digits = Array("0123456789abcdef".utf8)
        return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    /// The bytes of a text.
    static func bytes(of text: String, as encoding: Encoding) -> [UInt8] {
        if encoding == .text { return Array(text.utf8) }
        return text.utf8.flatMap { byte in
            byte < 0x80 && escaped.contains(Unicode.Scalar(byte)) ? escape(of: byte) : [byte]
        }
    }

    mutating func literal(_ text: String, as encoding: Encoding) -> Regex {
        arena.literal(Self.bytes(of: text, as: encoding))
    }

    // MARK: Expressions

    /// The texts that match as a whole.
    ///
    /// - Throws: `ConstraintError` of the kind `unsupported`.
    mutating func whole(_ syntax: RegexSyntax, as encoding: Encoding) throws(ConstraintError) -> Regex {
        try suffixes(of: syntax, before: Suffixes(atStart: .empty, later: .empty), encoding).atStart
    }

    /// The texts that have a match somewhere, as `RegExp.prototype.test` of ECMA-262 finds it.
    ///
    /// - Throws: `ConstraintError` of the kind `unsupported`.
    mutating func searching(_ syntax: RegexSyntax, as encoding: Encoding) throws(ConstraintError) -> Regex {
        let rest = anyString(as: encoding)
        let found = try suffixes(of: syntax, before: Suffixes(atStart: rest, later: rest), encoding)
        let before = arena.concatenation(scalar(of: .all, as: encoding), rest)
        return arena.union([found.atStart, arena.concatenation(before, found.later)])
    }

    /// The suffixes of texts that match from some place in an expression on. Assertions look at the suffix as a whole,
    /// which is why expressions are made from their end.
    private struct Suffixes {
        /// Those that are the whole text.
        var atStart: Regex
        /// Those that have something before them.
        var later: Regex
    }

    /// - Parameter next: The suffixes after a match of `syntax`.
    private mutating func suffixes(
        of syntax: RegexSyntax, before next: Suffixes, _ encoding: Encoding
    ) throws(ConstraintError) -> Suffixes {
        if !syntax.hasAssertions { return plain(syntax, before: next, encoding) }
        switch syntax {
        case .empty, .set: return plain(syntax, before: next, encoding)
        case .start: return Suffixes(atStart: next.atStart, later: .nothing)
        case .end:
            return Suffixes(
                atStart: arena.isNullable(next.atStart) ? .empty : .nothing,
                later: arena.isNullable(next.later) ? .empty : .nothing)
        case .lookahead(let inner, let isNegative):
            let rest = anyString(as: encoding)
            let found = try suffixes(of: inner, before: Suffixes(atStart: rest, later: rest), encoding)
            if isNegative {
                return Suffixes(
                    atStart: arena.difference(next.atStart, found.atStart),
                    later: arena.difference(next.later, found.later))
            }
            return Suffixes(
                atStart: arena.intersection([next.atStart, found.atStart]),
                later: arena.intersection([next.later, found.later]))
        case .concatenation(let parts):
            var result = next
            for part in parts.reversed() { result = try suffixes(of: part, before: result, encoding) }
            return result
        case .alternation(let choices):
            var all: [Suffixes] = []
            for choice in choices { all.append(try suffixes(of: choice, before: next, encoding)) }
            return Suffixes(atStart: arena.union(all.map(\.atStart)), later: arena.union(all.map(\.later)))
        case .repetition(let part, 0, 1):
            let found = try suffixes(of: part, before: next, encoding)
            return Suffixes(
                atStart: arena.union([found.atStart, next.atStart]), later: arena.union([found.later, next.later]))
        case .repetition(let part, 1, 1): return try suffixes(of: part, before: next, encoding)
        case .repetition:
            throw ConstraintError(
                .unsupported, "Regular expressions with ^, $ or lookahead inside a repetition are not supported.")
        }
    }

    /// For an expression without assertions.
    private mutating func plain(_ syntax: RegexSyntax, before next: Suffixes, _ encoding: Encoding) -> Suffixes {
        let all = expression(syntax, encoding)
        let later = arena.concatenation(all, next.later)
        if next.atStart == next.later { return Suffixes(atStart: later, later: later) }
        let some = arena.concatenation(nonempty(syntax, encoding), next.later)
        return Suffixes(atStart: arena.isNullable(all) ? arena.union([some, next.atStart]) : some, later: later)
    }

    private mutating func expression(_ syntax: RegexSyntax, _ encoding: Encoding) -> Regex {
        switch syntax {
        case .empty, .start, .end, .lookahead: return .empty
        case .set(let set): return scalar(of: set, as: encoding)
        case .concatenation(let parts):
            var result: [Regex] = []
            for part in parts { result.append(expression(part, encoding)) }
            return arena.concatenation(result)
        case .alternation(let choices):
            var result: [Regex] = []
            for choice in choices { result.append(expression(choice, encoding)) }
            return arena.union(result)
        case .repetition(let part, let minimum, let maximum):
            return arena.repetition(expression(part, encoding), minimum, maximum)
        }
    }

    /// The matches of an expression without assertions that are not empty.
    private mutating func nonempty(_ syntax: RegexSyntax, _ encoding: Encoding) -> Regex {
        switch syntax {
        case .empty, .start, .end, .lookahead: return .nothing
        case .set(let set): return scalar(of: set, as: encoding)
        case .concatenation(let parts):
            var (result, rest) = (Regex.nothing, Regex.empty)
            for part in parts.reversed() {
                let all = expression(part, encoding)
                let some = arena.concatenation(nonempty(part, encoding), rest)
                result = arena.isNullable(all) ? arena.union([some, result]) : some
                rest = arena.concatenation(all, rest)
            }
            return result
        case .alternation(let choices):
            var result: [Regex] = []
            for choice in choices { result.append(nonempty(choice, encoding)) }
            return arena.union(result)
        case .repetition(let part, let minimum, let maximum):
            if maximum == 0 { return .nothing }
            let rest = arena.repetition(expression(part, encoding), max(0, minimum - 1), maximum.map { $0 - 1 })
            return arena.concatenation(nonempty(part, encoding), rest)
        }
    }
}
