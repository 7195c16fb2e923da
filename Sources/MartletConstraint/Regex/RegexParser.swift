/// Parses regular expressions of ECMA-262 in Unicode mode (§22.2.1), without what no automaton can do: backreferences,
/// lookbehind and word boundaries. `\d`, `\w` are ASCII, as there.
struct RegexParser {
    /// The most repetitions that a quantifier may ask for.
    static let maximumCount = 10_000
    static let maximumDepth = 64

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// - Throws: `ConstraintError` of the kinds `malformed` and `unsupported`, with the position counted in Unicode
    ///   scalars from 1.
    static func parse(_ text: String) throws(ConstraintError) -> RegexSyntax {
        var parser = RegexParser(text)
        let result = try parser.alternation()
        if parser.position < parser.scalars.count { throw parser.malformed("a parenthesis closes nothing") }
        return result
    }

    private func malformed(_ fault: String) -> ConstraintError {
        ConstraintError(.malformed, "The regular expression is malformed at character \(position + 1): \(fault).")
    }

    private func unsupported(_ feature: String) -> ConstraintError {
        ConstraintError(.unsupported, "Regular expressions with \(feature) are not supported.")
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ text: String) -> Bool {
        guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    // MARK: Structure

    private mutating func alternation() throws(ConstraintError) -> RegexSyntax {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth {
            throw ConstraintError(
                .tooComplex, "The regular expression has more than \(Self.maximumDepth) nested groups.")
        }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .alternation(choices)
    }

    private mutating func sequence() throws(ConstraintError) -> RegexSyntax {
        var parts: [RegexSyntax] = []
        while let scalar = current, scalar != "|", scalar != ")" { parts.append(try term()) }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .concatenation(parts)
    }

    private mutating func term() throws(ConstraintError) -> RegexSyntax {
        let atom = try atom()
        guard let (minimum, maximum) = try quantifier() else { return atom }
        switch atom {
        case .start, .end, .lookahead: throw malformed("an assertion cannot be repeated")
        default: return .repetition(atom, minimum: minimum, maximum: maximum)
        }
    }

    private mutating func quantifier() throws(ConstraintError) -> (Int, Int?)? {
        let result: (Int, Int?)
        switch current {
        case "*": result = (0, nil)
        case "+": result = (1, nil)
        case "?": result = (0, 1)
        case "{": return try count()
        default: return nil
        }
        position += 1
        _ = take("?")  // A lazy quantifier matches the same strings.
        return result
    }

    private mutating func count() throws(ConstraintError) -> (Int, Int?) {
        position += 1
        guard let minimum = number() else { throw malformed("after { there must be a number") }
        var maximum: Int? = minimum
        if take(",") { maximum = number() }
        guard take("}") else { throw malformed("a number of repetitions has no }") }
        _ = take("?")
        if let maximum, maximum < minimum { throw malformed("the numbers of repetitions are out of order") }
        if max(minimum, maximum ?? 0) > Self.maximumCount {
            throw ConstraintError(
                .tooComplex,
                "A regular expression may have at most \(Self.maximumCount) repetitions, but this one has more.")
        }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = current?.properties.numericType == .decimal ? current : nil, ("0"..."9").contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit.value - 48), 1 << 40)
            position += 1
        }
        return value
    }

    private mutating func atom() throws(ConstraintError) -> RegexSyntax {
        guard let scalar = current else { throw malformed("something is missing") }
        position += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .set(Self.lineTerminators.complement)
        case "(": return try group()
        case "[": return .set(try characterClass())
        case "\\": return .set(try escape(inClass: false))
        case "*", "+", "?", "{":
            position -= 1
            throw malformed("there is nothing to repeat")
        case "}", "]":
            position -= 1
            throw malformed("\(scalar) must be written as \\\(scalar)")
        default: return .set(ScalarSet(scalar))
        }
    }

    private mutating func group() throws(ConstraintError) -> RegexSyntax {
        var result: ((RegexSyntax) -> RegexSyntax) = { $0 }
        if take("?:") {
        } else if take("?=") {
            result = { .lookahead($0, isNegative: false) }
        } else if take("?!") {
            result = { .lookahead($0, isNegative: true) }
        } else if take("?<=") || take("?<!") {
            throw unsupported("lookbehind")
        } else if take("?<") {
            while let scalar = current, scalar != ">" {
                guard scalar == "_" || scalar == "$" || scalar.properties.isIDContinue else {
                    throw malformed("the name of a group has an invalid character")
                }
                position += 1
            }
            guard take(">") else { throw malformed("the name of a group has no >") }
        } else if current == "?" {
            throw malformed("after (? there must be :, =, ! or a name in <>")
        }
        let content = try alternation()
        guard take(")") else { throw malformed("a group has no )") }
        return result(content)
    }

    // MARK: Sets

    private static let lineTerminators = ScalarSet(["\n", "\r", "\u{2028}", "\u{2029}"] as [Unicode.Scalar])
    private static let digits = ScalarSet("0"..."9")
    private static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// WhiteSpace and LineTerminator of ECMA-262 (§12.2, §12.3).
    private static let space = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])

    private mutating func characterClass() throws(ConstraintError) -> ScalarSet {
        let isNegative = take("^")
        var result = ScalarSet()
        while !take("]") {
            let (low, first) = try classAtom()
            guard current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                result = result.union(low)
                continue
            }
            position += 1
            let (_, last) = try classAtom()
            guard let first, let last else { throw malformed("a range of a class must have a character at each end") }
            guard first.value <= last.value else { throw malformed("a range of a class is out of order") }
            result = result.union(ScalarSet(first...last))
        }
        return isNegative ? result.complement : result
    }

    /// A set within a class, and its scalar if it is that of one.
    private mutating func classAtom() throws(ConstraintError) -> (ScalarSet, Unicode.Scalar?) {
        guard let scalar = current else { throw malformed("a class has no ]") }
        position += 1
        if scalar != "\\" { return (ScalarSet(scalar), scalar) }
        let set = try escape(inClass: true)
        guard set.ranges.count == 1, let range = set.ranges.first, range.count == 1 else { return (set, nil) }
        return (set, Unicode.Scalar(range.lowerBound))
    }

    private mutating func escape(inClass: Bool) throws(ConstraintError) -> ScalarSet {
        guard let scalar = current else { throw malformed("a backslash is the last character") }
        position += 1
        switch scalar {
        case "d": return Self.digits
        case "D": return Self.digits.complement
        case "w": return Self.word
        case "W": return Self.word.complement
        case "s": return Self.space
        case "S": return Self.space.complement
        case "b" where inClass: return ScalarSet("\u{8}")
        case "b", "B": throw unsupported("word boundaries (\\\(scalar))")
        case "1"..."9", "k": throw unsupported("backreferences (\\\(scalar))")
        case "p", "P": return try property(isNegative: scalar == "P")
        case "f": return ScalarSet("\u{C}")
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case "t": return ScalarSet("\t")
        case "v": return ScalarSet("\u{B}")
        case "0":
            if let next = current, ("0"..."9").contains(next) { throw malformed("\\0 must not be followed by a digit") }
            return ScalarSet("\0")
        case "x": return ScalarSet(try self.scalar(of: try hexadecimal(2)))
        case "u": return ScalarSet(try unicodeEscape())
        case "c":
            guard let letter = current, ("a"..."z").contains(letter) || ("A"..."Z").contains(letter) else {
                throw malformed("\\c must be followed by a letter")
            }
            position += 1
            return ScalarSet(try self.scalar(of: letter.value % 32))
        case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/", "-": return ScalarSet(scalar)
        default:
            // Outside of Unicode mode a punctuation mark may be escaped for no reason, and many patterns do.
            guard scalar.isASCII, scalar.value > 0x20, scalar.value < 0x7F, !Self.word.contains(scalar) else {
                throw malformed("\\\(scalar) is not an escape sequence")
            }
            return ScalarSet(scalar)
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(ConstraintError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = current.flatMap({ Character($0).hexDigitValue }), current?.isASCII == true else {
                throw malformed("an escape sequence needs \(count) hexadecimal digits")
            }
            value = value * 16 + UInt32(digit)
            position += 1
        }
        return value
    }

    /// After `\u`: four digits, a pair of surrogates, or digits in braces.
    private mutating func unicodeEscape() throws(ConstraintError) -> Unicode.Scalar {
        if take("{") {
            var value: UInt32 = 0
            var count = 0
            while let digit = current.flatMap({ Character($0).hexDigitValue }), value < 0x110000 {
                value = value * 16 + UInt32(digit)
                count += 1
                position += 1
            }
            guard count > 0, take("}") else { throw malformed("\\u{ must be followed by hexadecimal digits and }") }
            return try scalar(of: value)
        }
        let high = try hexadecimal(4)
        if (0xD800...0xDBFF).contains(high), take("\\u") {
            let low = try hexadecimal(4)
            guard (0xDC00...0xDFFF).contains(low) else {
                throw malformed("a high surrogate is not followed by a low one")
            }
            return try scalar(of: 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        }
        return try scalar(of: high)
    }

    private func scalar(of value: UInt32) throws(ConstraintError) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(value) else { throw malformed("an escape sequence is not a character") }
        return scalar
    }

    /// `\p{...}` and `\P{...}` of general categories.
    private mutating func property(isNegative: Bool) throws(ConstraintError) -> ScalarSet {
        guard take("{") else { throw malformed("\\p must be followed by a property in {}") }
        var name = ""
        while let scalar = current, scalar != "}" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take("}") else { throw malformed("\\p{ has no }") }
        guard let set = UnicodeProperty.scalars(named: name) else { throw unsupported("the Unicode property \(name)") }
        return isNegative ? set.complement : set
    }
}
