import MartletUV
import Testing

@testable import MartletConstraint

/// Regular expressions, compared with a matcher that tries everything.
struct RegexTests {
    /// All texts of the alphabet with at most `length` characters.
    private static func texts(_ alphabet: [String], upTo length: Int) -> [String] {
        var (all, last) = ([""], [""])
        for _ in 0..<length {
            last = last.flatMap { text in alphabet.map { text + $0 } }
            all += last
        }
        return all
    }

    private static func random(
        _ random: inout some RandomNumberGenerator, depth: Int, assertions: Bool, _ alphabet: [String]
    ) -> RegexSyntax {
        let kind = Int.random(in: 0..<(depth == 0 ? 4 : 12), using: &random)
        func part(_ assertions: Bool) -> RegexSyntax {
            Self.random(&random, depth: depth - 1, assertions: assertions, alphabet)
        }
        switch kind {
        case 0: return .empty
        case 1 where assertions: return .start
        case 2 where assertions: return .end
        case 0...3:
            let scalars = alphabet.flatMap { Array($0.unicodeScalars) }
            let set = ScalarSet(scalars.filter { _ in Bool.random(using: &random) })
            return .set(Bool.random(using: &random) ? set : set.complement)
        case 4...6: return .concatenation((0..<Int.random(in: 2...3, using: &random)).map { _ in part(assertions) })
        case 7...8: return .alternation((0..<Int.random(in: 2...3, using: &random)).map { _ in part(assertions) })
        case 9 where assertions: return .lookahead(part(true), isNegative: Bool.random(using: &random))
        case 10: return .repetition(part(assertions), minimum: 0, maximum: 1)
        default:
            let minimum = Int.random(in: 0...2, using: &random)
            let maximum = Bool.random(using: &random) ? nil : minimum + Int.random(in: 0...2, using: &random)
            return .repetition(part(false), minimum: minimum, maximum: maximum)
        }
    }

    private static func accepts(_ dfa: inout LazyDFA, _ start: Regex, _ bytes: [UInt8]) throws -> Bool {
        var state = try dfa.isLive(start) ? start : .nothing
        for byte in bytes { state = try dfa.next(state, byte) }
        return dfa.accepts(state)
    }

    @Test(arguments: [["a", "b"], ["a", "\"", "\u{E9}"]], [RegexBuilder.Encoding.text, .jsonString])
    func `automata accept what matches somewhere, and what matches as a whole`(
        alphabet: [String], encoding: RegexBuilder.Encoding
    ) throws {
        var random = SplitMix64(seed: 7)
        let texts = Self.texts(alphabet, upTo: alphabet.count == 2 ? 5 : 3)
        for round in 0..<300 {
            let syntax = Self.random(&random, depth: 3, assertions: round % 2 == 0, alphabet)
            var builder = RegexBuilder()
            let (searching, whole): (Regex, Regex)
            do {
                searching = try builder.searching(syntax, as: encoding)
                whole = try builder.whole(syntax, as: encoding)
            } catch {
                #expect(error.kind == .unsupported)
                continue
            }
            var dfa = LazyDFA(builder.arena)
            for text in texts {
                let bytes = RegexBuilder.bytes(of: text, as: encoding)
                #expect(
                    try Self.accepts(&dfa, searching, bytes) == ReferenceRegex.test(syntax, text), "\(syntax) \(text)")
                #expect(
                    try Self.accepts(&dfa, whole, bytes) == ReferenceRegex.matchesWhole(syntax, text),
                    "\(syntax) \(text)")
            }
        }
    }

    @Test func `a state from which nothing is accepted is the dead one`() throws {
        var builder = RegexBuilder()
        // Both an a and no a, after any text.
        let any = builder.anyString(as: .text)
        let a = builder.literal("a", as: .text)
        let hasA = builder.arena.concatenation([any, a, any])
        let both = builder.arena.intersection([hasA, builder.arena.complement(hasA)])
        let start = builder.arena.concatenation([builder.literal("x", as: .text), both])
        let other = builder.arena.union([start, builder.literal("xy", as: .text)])
        var dfa = LazyDFA(builder.arena)
        #expect(try !dfa.isLive(start))
        #expect(try dfa.isLive(other))
        let x = try dfa.next(other, UInt8(ascii: "x"))
        #expect(try dfa.next(x, UInt8(ascii: "a")) == .nothing)
        #expect(dfa.accepts(try dfa.next(x, UInt8(ascii: "y"))))
    }

    @Test(arguments: [
        (#"^\d{3}-[A-Z]+$"#, ["123-AB", "000-Z"], ["123-", "12-AB", "1234-AB", "123-AB\n"]),
        (#"\bfoo"#, [], []), (#"a.c"#, ["abc", "xa\u{1F600}cx"], ["a\nc", "ac"]),
        (#"^[^\s\d]$"#, ["x", "é"], [" ", "5", "\u{A0}"]),
        (#"^(?=.*\d)(?=.*[a-z]).{3,5}$"#, ["a1b", "11a"], ["abc", "a1", "abcde1"]),
        (#"^(?!admin$)\w+$"#, ["admins", "a"], ["admin"]),
        (#"^\p{Lu}\u00e9\x41\cA$"#, ["É\u{E9}A\u{1}"], ["e\u{E9}A\u{1}"]),
        (#"^[\w.+-]+@[\w-]+\.[\w.]+$"#, ["a.b+c@d-e.fr"], ["a@b"]),
        (#"^\u{1F600}|\uD83D\uDE01$"#, ["\u{1F600}x", "x\u{1F601}"], ["x\u{1F600}"]),
        (#"a{2}b{1,}c{0,1}"#, ["aab", "xaabbbc"], ["ab", "aac"]),
        ("", ["", "a"], []), ("[]", [], ["", "a"]), ("[^]", ["a", "\n"], [""]),
        (#"^a|b$"#, ["ax", "xb"], ["xa", "bx"]),
        (#"^(?<year>\d{4})\/\-$"#, ["2026/-"], ["2026"]), ("^$", [""], ["a"]), (#"[\]\-a]"#, ["]", "-", "a"], ["b"]),
    ])
    func `patterns mean what ECMA-262 says`(pattern: String, matching: [String], others: [String]) throws {
        if matching.isEmpty && others.isEmpty {
            #expect(throws: ConstraintError.self) { try RegexParser.parse(pattern) }
            return
        }
        var builder = RegexBuilder()
        let regex = try builder.searching(RegexParser.parse(pattern), as: .jsonString)
        var dfa = LazyDFA(builder.arena)
        for (text, isMatch) in matching.map({ ($0, true) }) + others.map({ ($0, false) }) {
            #expect(
                try Self.accepts(&dfa, regex, RegexBuilder.bytes(of: text, as: .jsonString)) == isMatch,
                "\(pattern) \(text)")
        }
    }

    @Test(arguments: [
        ("(", "group has no )"), (")", "closes nothing"), ("[a", "class has no ]"), ("a**", "nothing to repeat"),
        ("*", "nothing to repeat"),
        ("a{2,1}", "out of order"), ("[b-a]", "out of order"), ("a{", "must be a number"), (#"\"#, "last character"),
        (#"\q"#, "not an escape"),
        (#"\u12"#, "hexadecimal"), ("(?a)", "after (?"), ("^*", "assertion cannot be repeated"),
        (#"\1"#, "backreferences"),
        (#"\b"#, "word boundaries"), ("(?<=a)b", "lookbehind"), (#"\p{Foo}"#, "property Foo"),
        ("a{20000}", "at most 10000"),
        (#"\uD800"#, "not a character"), (String(repeating: "(", count: 100), "nested groups"),
        ("}", #"must be written as \}"#),
    ])
    func `malformed and unsupported patterns are errors that say where`(pattern: String, text: String) {
        let error = #expect(throws: ConstraintError.self) { try RegexParser.parse(pattern) }
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }

    @Test func `every scalar has one encoding, and no other bytes are accepted`() throws {
        var builder = RegexBuilder()
        let all = builder.scalar(of: .all, as: .text)
        var dfa = LazyDFA(builder.arena)
        for value in [0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF] as [UInt32] {
            let text = String(try #require(Unicode.Scalar(value)))
            #expect(try Self.accepts(&dfa, all, Array(text.utf8)))
        }
        for bytes in [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xFF], [0xC3],
        ] as [[UInt8]] {
            #expect(try !Self.accepts(&dfa, all, bytes), "\(bytes)")
        }
    }

    @Test func `an expression that needs too many states is an error`() throws {
        var builder = RegexBuilder()
        let bomb = try builder.whole(RegexParser.parse("(a|b)*a(a|b){200}(a|b)*a(a|b){200}"), as: .text)
        var dfa = LazyDFA(builder.arena, limits: LazyDFA.Limits(states: 1000))
        var random = SplitMix64(seed: 1)
        #expect(throws: LazyDFA.Exhausted.self) {
            var state = bomb
            for _ in 0..<2000 { state = try dfa.next(state, Bool.random(using: &random) ? 0x61 : 0x62) }
        }
    }
}
