import MartletUV
import Testing

@testable import MartletConstraint

/// The tokens that a constraint allows, compared with those that continue one of its texts.
struct MatcherTests {
    private static func vocabulary(_ texts: [String], ends: [String] = ["<end>"]) -> TokenVocabulary {
        let tokens =
            texts.map { Array($0.utf8) as [UInt8]? } + [[0xC3], [0xA9], [0x9F, 0x98], nil, []]
            + ends.map { Array($0.utf8) }
        return TokenVocabulary(tokens: tokens, endTokens: Set(tokens.count - ends.count..<tokens.count))
    }

    /// Follows all ways through the tokens, as long as fewer than `limit` bytes have been written, and compares each mask
    /// with the texts.
    private static func expectMasks(
        _ constraint: Constraint, _ vocabulary: TokenVocabulary, of texts: Set<[UInt8]>, limit: Int
    ) throws {
        var prefixes: Set<[UInt8]> = []
        for text in texts { for count in 0...text.count { prefixes.insert(Array(text.prefix(count))) } }
        var mask = TokenMask(count: vocabulary.count)
        var pending: [(Matcher, [UInt8])] = [(try constraint.matcher(for: vocabulary), [])]
        var visited: Set<[UInt8]> = []
        while let (last, written) = pending.popLast() {
            var matcher = last
            try matcher.allowed(into: &mask)
            for id in 0..<vocabulary.count {
                let bytes = vocabulary.bytes(of: id)
                if vocabulary.endTokens.contains(id) {
                    #expect(mask.contains(id) == texts.contains(written))
                    continue
                }
                #expect(
                    mask.contains(id) == (!bytes.isEmpty && prefixes.contains(written + bytes)), "\(written) \(bytes)")
                var next = matcher
                if mask.contains(id) {
                    try next.advance(id)
                    if written.count + bytes.count < limit, visited.insert(written + bytes).inserted {
                        pending.append((next, written + bytes))
                    }
                } else {
                    #expect(throws: ConstraintError.self) { try next.advance(id) }
                }
            }
            #expect(try matcher.isAccepting() == texts.contains(written))
        }
    }

    @Test func `of some texts, the tokens of their beginnings are allowed, and the end where one is complete`() throws {
        let choices = ["yes", "yesterday", "no", "n\u{E9}e", "\u{1F600}"]
        let vocabulary = Self.vocabulary([
            "y", "ye", "yes", "yesterday", "s", "es", "t", "terday", "n", "o", "no", "é", "\u{1F600}", "e", "x",
        ])
        try Self.expectMasks(
            try Constraint(.choices(choices)), vocabulary, of: Set(choices.map { Array($0.utf8) }), limit: 20)
    }

    @Test func `several tokens may have the same bytes`() throws {
        let vocabulary = TokenVocabulary(tokens: [[0x61], [0x61], [0x61, 0x61], [0x62]], endTokens: [])
        var matcher = try Constraint(.regex("a{1,2}")).matcher(for: vocabulary)
        var mask = TokenMask(count: vocabulary.count)
        try matcher.allowed(into: &mask)
        #expect(mask.ids == [0, 1, 2] && mask.allowedCount == 3)
    }

    @Test func `after an end token nothing is allowed`() throws {
        let vocabulary = Self.vocabulary(["a"])
        var matcher = try Constraint(.choices(["a"])).matcher(for: vocabulary)
        #expect(throws: ConstraintError.self) { try matcher.advance(vocabulary.count - 1) }
        try matcher.advance(0)
        try matcher.advance(vocabulary.count - 1)
        #expect(try matcher.isComplete && matcher.isAccepting())
        var mask = TokenMask(count: vocabulary.count)
        try matcher.allowed(into: &mask)
        #expect(mask.ids.isEmpty)
        #expect(throws: ConstraintError.self) { try matcher.advance(0) }
    }

    @Test func `an automaton that has grown too much starts anew, and texts go on where they were`() throws {
        let vocabulary = TokenVocabulary(tokens: "abcd<".utf8.map { [$0] }, endTokens: [4])
        var builder = RegexBuilder()
        let regex = try builder.whole(RegexParser.parse("(a|b)*a(a|b){6}(c|d)"), as: .text)
        let grammar = try Grammar(GrammarRules([.regex(regex)], builder.arena))
        // Each text needs fewer states than all together.
        let automaton = try SharedAutomaton(grammar, vocabulary, limits: Automaton.Limits(states: 60))
        let alone = try SharedAutomaton(grammar, vocabulary)
        var random = SplitMix64(seed: 5)
        var texts = (0..<8).map { _ in (Matcher(automaton), Matcher(alone)) }
        var (mask, other) = (TokenMask(count: 5), TokenMask(count: 5))
        for _ in 0..<12 {
            for index in texts.indices {
                try texts[index].0.allowed(into: &mask)
                try texts[index].1.allowed(into: &other)
                #expect(mask == other)
                let id = try #require(mask.ids.filter { $0 < 2 }.randomElement(using: &random))
                try texts[index].0.advance(id)
                try texts[index].1.advance(id)
            }
        }
        #expect(automaton.restartCount > 0 && alone.restartCount == 0)
        // One that needs more alone is too complex.
        var matcher = Matcher(automaton)
        let error = #expect(throws: ConstraintError.self) {
            for _ in 0..<200 {
                try matcher.allowed(into: &mask)
                try matcher.advance(Int.random(in: 0...1, using: &random))
            }
        }
        #expect(error?.kind == .tooComplex)
    }

    @Test func `nothing to choose from is an error`() {
        let error = #expect(throws: ConstraintError.self) { try Constraint(.choices([])) }
        #expect(error?.kind == .unsatisfiable)
        #expect(throws: ConstraintError.self) { try Constraint(.regex("[]")) }
    }

    /// The texts of at most `length` bytes that a rule derives, by deriving everything.
    private static func texts(
        _ rules: [GrammarExpression], _ arena: RegexArena, literals: [Regex: [UInt8]], length: Int
    ) -> Set<[UInt8]> {
        var known = [Set<[UInt8]>](repeating: [], count: rules.count)
        func derive(_ expression: GrammarExpression) -> Set<[UInt8]> {
            switch expression {
            case .regex(let regex): return regex == .empty ? [[]] : literals[regex].map { [$0] } ?? []
            case .token, .name, .selection: return []
            case .rule(let number): return known[number]
            case .sequence(let parts):
                return parts.reduce([[]]) { all, part in
                    let next = derive(part)
                    return Set(all.flatMap { first in next.map { first + $0 } }.filter { $0.count <= length })
                }
            case .choice(let parts): return parts.reduce([]) { $0.union(derive($1)) }
            case .repetition(let part, let minimum, let maximum):
                let once = derive(part)
                var (result, last) = (Set<[UInt8]>(), Set<[UInt8]>([[]]))
                for count in 0...(maximum ?? length + minimum) {
                    if count >= minimum { result.formUnion(last) }
                    last = Set(last.flatMap { first in once.map { first + $0 } }.filter { $0.count <= length })
                }
                return result
            }
        }
        while true {
            let next = rules.map(derive)
            if next == known { return known[0] }
            known = next
        }
    }

    private static func random(
        _ random: inout some RandomNumberGenerator, depth: Int, rules: Int, _ letters: [Regex]
    ) -> GrammarExpression {
        func part() -> GrammarExpression { Self.random(&random, depth: depth - 1, rules: rules, letters) }
        switch Int.random(in: 0..<(depth == 0 ? 4 : 10), using: &random) {
        case 0: return .empty
        case 1, 2: return .regex(letters[Int.random(in: 0..<letters.count, using: &random)])
        case 3: return .rule(Int.random(in: 0..<rules, using: &random))
        case 4...6: return .sequence((0..<Int.random(in: 2...3, using: &random)).map { _ in part() })
        case 7, 8: return .choice((0..<2).map { _ in part() })
        default:
            let minimum = Int.random(in: 0...1, using: &random)
            return .repetition(part(), minimum: minimum, maximum: Bool.random(using: &random) ? nil : minimum + 1)
        }
    }

    @Test func `the tokens of a recursive and ambiguous grammar are those that continue one of its texts`() throws {
        var random = SplitMix64(seed: 3)
        var compiled = 0
        for _ in 0..<400 {
            var arena = RegexArena()
            let letters = "ab".utf8.map { arena.literal([$0]) }
            let literals = Dictionary(uniqueKeysWithValues: zip(letters, "ab".utf8.map { [$0] }))
            let rules = (0..<3).map { _ in Self.random(&random, depth: 3, rules: 3, letters) }
            let grammar: Grammar
            do {
                grammar = try Grammar(GrammarRules(rules, arena))
            } catch {
                #expect(error.kind == .unsupported || error.kind == .unsatisfiable, "\(error)")
                continue
            }
            compiled += 1
            // Beginnings of at most 4 bytes whose texts have at most 12.
            let texts = Self.texts(rules, arena, literals: literals, length: 9)
            if !texts.contains(where: { $0.count <= 3 }) { continue }
            var automaton = try Automaton(grammar)
            var pending: [(Automaton.StateID, [UInt8])] = [(automaton.start, [])]
            while let (state, written) = pending.popLast() {
                #expect(automaton.states[Int(state)].isAccepting == texts.contains(written), "\(rules) \(written)")
                for byte in "ab".utf8 where written.count < 4 {
                    let next = try automaton.next(state, byte)
                    let isBeginning = texts.contains { $0.starts(with: written + [byte]) }
                    // A short beginning of long texts only.
                    if next != Automaton.dead || isBeginning {
                        #expect(next != Automaton.dead || !isBeginning, "\(rules) \(written) \(byte)")
                        pending.append((next, written + [byte]))
                    }
                }
            }
        }
        #expect(compiled > 100)
    }

    @Test func `a rule that begins with itself is an error`() throws {
        var arena = RegexArena()
        let a = arena.literal("a".utf8)
        for rules in [
            [.choice([.sequence([.rule(0), .regex(a)]), .regex(a)])],
            [
                .sequence([.repetition(.rule(1), minimum: 0, maximum: 1), .regex(a)]),
                .sequence([.empty, .rule(0), .regex(a)]),
            ],
        ] as [[GrammarExpression]] {
            let error = #expect(throws: ConstraintError.self) {
                try Grammar(GrammarRules(rules, names: ["expr", "other"], arena))
            }
            #expect(error?.kind == .unsupported || error?.kind == .unsatisfiable)
        }
        // Nothing is left to do after it: the same texts.
        _ = try Grammar(GrammarRules([.choice([.rule(0), .regex(a)])], arena))
    }

    @Test func `ambiguity does not multiply what is remembered`() throws {
        var arena = RegexArena()
        let (a, b, c) = (arena.literal("a".utf8), arena.literal("b".utf8), arena.literal("c".utf8))
        let rules: [GrammarExpression] = [
            .choice([
                .sequence([.regex(a), .rule(0), .choice([.regex(b), .regex(c)])]),
                .sequence([.regex(a), .rule(0), .regex(c)]), .empty,
            ])
        ]
        var automaton = try Automaton(try Grammar(GrammarRules(rules, arena)))
        var state = automaton.start
        for _ in 0..<500 { state = try automaton.next(state, UInt8(ascii: "a")) }
        for _ in 0..<500 { state = try automaton.next(state, UInt8(ascii: "c")) }
        #expect(automaton.states[Int(state)].isAccepting)
        #expect(automaton.states.count < 2000)
    }
}
