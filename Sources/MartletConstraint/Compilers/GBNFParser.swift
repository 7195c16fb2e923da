/// Parses grammars in the notation of llama.cpp (GBNF): rules `name ::= ...` of literals, sets of characters, groups,
/// alternatives, repetitions and tokens by id. The start is the rule `root`.
struct GBNFParser {
    static let maximumDepth = 64
    static let maximumBytes = 1 << 20

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var builder = RegexBuilder()
    private var names: [String] = []
    private var numbers: [String: Int] = [:]
    private var definitions: [Int: GrammarExpression] = [:]
    /// Where each rule is first named, for errors.
    private var uses: [Int: Int] = [:]

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// - Throws: `ConstraintError`, with the line of the fault.
    static func parse(_ text: String) throws(ConstraintError) -> GrammarRules {
        if text.utf8.count > maximumBytes {
            throw ConstraintError(
                .tooComplex, "A grammar may have at most \(maximumBytes) bytes, but this one has more.")
        }
        var parser = GBNFParser(text)
        _ = parser.number(of: "root", at: 0)
        parser.skip(acrossLines: true)
        while parser.current != nil {
            try parser.rule()
            parser.skip(acrossLines: true)
        }
        return try parser.grammar()
    }

    private func grammar() throws(ConstraintError) -> GrammarRules {
        var rules: [GrammarExpression] = []
        for (number, name) in names.enumerated() {
            guard let definition = definitions[number] else {
                if number == 0 {
                    throw ConstraintError(.malformed, "The grammar has no rule root, which is where it starts.")
                }
                throw malformed("the rule \(name) is not defined", at: uses[number] ?? 0)
            }
            rules.append(definition)
        }
        return GrammarRules(rules, names: names, builder.arena)
    }

    private func malformed(_ fault: String, at place: Int? = nil) -> ConstraintError {
        let line = scalars[..<min(place ?? position, scalars.count)].count { $0 == "\n" } + 1
        return ConstraintError(.malformed, "The grammar is malformed in line \(line): \(fault).")
    }

    // MARK: Scanning

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ text: String) -> Bool {
        guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    /// Skips spaces and comments.
    private mutating func skip(acrossLines: Bool) {
        while let scalar = current {
            if scalar == "#" {
                while let next = current, next != "\n" { position += 1 }
            } else if scalar == " " || scalar == "\t" || (acrossLines && (scalar == "\n" || scalar == "\r")) {
                position += 1
            } else {
                return
            }
        }
    }

    private mutating func name() -> String? {
        let start = position
        while let scalar = current, scalar.isASCII,
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-"
        {
            position += 1
        }
        return start == position ? nil : String(String.UnicodeScalarView(scalars[start..<position]))
    }

    private mutating func number(of name: String, at place: Int) -> Int {
        if let known = numbers[name] { return known }
        numbers[name] = names.count
        uses[names.count] = place
        names.append(name)
        return names.count - 1
    }

    // MARK: Rules

    private mutating func rule() throws(ConstraintError) {
        let start = position
        guard let name = name() else { throw malformed("a rule must begin with its name, of letters, digits and -") }
        let number = number(of: name, at: start)
        skip(acrossLines: false)
        guard take("::=") else { throw malformed("after the name \(name) there must be ::=") }
        if definitions[number] != nil { throw malformed("the rule \(name) is defined twice", at: start) }
        skip(acrossLines: true)
        definitions[number] = try alternatives(isNested: false)
        guard current == nil || take("\r\n") || take("\n") || take("\r") else {
            throw malformed("the rule \(name) does not end where its line does")
        }
    }

    private mutating func alternatives(isNested: Bool) throws(ConstraintError) -> GrammarExpression {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth {
            throw ConstraintError(.tooComplex, "The grammar has more than \(Self.maximumDepth) nested groups.")
        }
        var choices = [try sequence(isNested: isNested)]
        while take("|") {
            skip(acrossLines: true)
            choices.append(try sequence(isNested: isNested))
        }
        return .choice(choices)
    }

    private mutating func sequence(isNested: Bool) throws(ConstraintError) -> GrammarExpression {
        var parts: [GrammarExpression] = []
        while let item = try item() {
            parts.append(try repeated(item))
            skip(acrossLines: isNested)
        }
        return .sequence(parts)
    }

    /// Nil at the end of a sequence.
    private mutating func item() throws(ConstraintError) -> GrammarExpression? {
        let start = position
        switch current {
        case "\"":
            position += 1
            return .regex(try literal())
        case "[":
            position += 1
            return .regex(builder.scalar(of: try characterClass(), as: .text))
        case ".":
            position += 1
            return .regex(builder.scalar(of: .all, as: .text))
        case "(":
            position += 1
            skip(acrossLines: true)
            let content = try alternatives(isNested: true)
            guard take(")") else { throw malformed("a group has no )") }
            return content
        case "<", "!": return .token(try token())
        default:
            guard let name = name() else { return nil }
            // The next rule's name, after a line that ended within a group, is a fault of that group.
            return .rule(number(of: name, at: start))
        }
    }

    private mutating func repeated(_ item: GrammarExpression) throws(ConstraintError) -> GrammarExpression {
        var result = item
        for _ in 0...Self.maximumDepth {
            skip(acrossLines: false)
            let (minimum, maximum): (Int, Int?)
            if take("*") {
                (minimum, maximum) = (0, nil)
            } else if take("+") {
                (minimum, maximum) = (1, nil)
            } else if take("?") {
                (minimum, maximum) = (0, 1)
            } else if take("{") {
                (minimum, maximum) = try count()
            } else {
                return result
            }
            result = .repetition(result, minimum: minimum, maximum: maximum)
        }
        throw ConstraintError(
            .tooComplex, "A part of the grammar has more than \(Self.maximumDepth) repetitions of repetitions.")
    }

    private mutating func count() throws(ConstraintError) -> (Int, Int?) {
        skip(acrossLines: false)
        guard let minimum = decimal() else { throw malformed("after { there must be a number") }
        skip(acrossLines: false)
        var maximum: Int? = minimum
        if take(",") {
            skip(acrossLines: false)
            maximum = decimal()
            skip(acrossLines: false)
        }
        guard take("}") else { throw malformed("a number of repetitions has no }") }
        if let maximum, maximum < minimum { throw malformed("the numbers of repetitions are out of order") }
        if max(minimum, maximum ?? 0) > RegexParser.maximumCount {
            throw ConstraintError(
                .tooComplex,
                "A grammar may have at most \(RegexParser.maximumCount) repetitions, but this one has more.")
        }
        return (minimum, maximum)
    }

    private mutating func decimal() -> Int? {
        var value: Int?
        while let digit = current, ("0"..."9").contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit.value - 48), 1 << 40)
            position += 1
        }
        return value
    }

    /// `<[12]>`, or `!<[12]>` for any other token.
    private mutating func token() throws(ConstraintError) -> TokenSet {
        let isComplement = take("!")
        guard take("<") else { throw malformed("after ! there must be a token in <>") }
        guard take("[") else {
            throw ConstraintError(.unsupported, "Grammars with tokens by their text are not supported. Write <[ID]>.")
        }
        guard let id = decimal(), take("]>") else { throw malformed("a token must be <[ID]>") }
        return TokenSet(ids: [id], isComplement: isComplement)
    }

    // MARK: Characters

    private mutating func literal() throws(ConstraintError) -> Regex {
        var bytes: [UInt8] = []
        while !take("\"") {
            bytes += UTF8.encode(try character("a literal has no closing quote")).map(Array.init) ?? []
        }
        return builder.arena.literal(bytes)
    }

    private mutating func characterClass() throws(ConstraintError) -> ScalarSet {
        let isNegative = take("^")
        var result = ScalarSet()
        while !take("]") {
            let first = try character("a set of characters has no ]")
            var last = first
            if current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                position += 1
                last = try character("a set of characters has no ]")
                if last.value < first.value { throw malformed("a range of characters is out of order") }
            }
            result = result.union(ScalarSet(first...last))
        }
        return isNegative ? result.complement : result
    }

    private mutating func character(_ missing: String) throws(ConstraintError) -> Unicode.Scalar {
        guard let scalar = current, scalar != "\n" else { throw malformed(missing) }
        position += 1
        if scalar != "\\" { return scalar }
        guard let escape = current else { throw malformed(missing) }
        position += 1
        switch escape {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "\\", "\"", "[", "]", "-", "^": return escape
        case "x": return try hexadecimal(2)
        case "u": return try hexadecimal(4)
        case "U": return try hexadecimal(8)
        default: throw malformed("\\\(escape) is not an escape sequence")
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(ConstraintError) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = current, digit.isASCII, let number = Character(digit).hexDigitValue else {
                throw malformed("an escape sequence needs \(count) hexadecimal digits")
            }
            value = value << 4 | UInt32(number)
            position += 1
        }
        guard let scalar = Unicode.Scalar(value) else { throw malformed("an escape sequence is not a character") }
        return scalar
    }
}
