import Testing

@testable import MartletConstraint

/// Grammars in the notation of llama.cpp.
struct GBNFTests {
    private static let json = #"""
        # RFC 8259
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null") ws

        object ::=
          "{" ws (
            string ":" ws value
            ("," ws string ":" ws value)*
          )? "}" ws
        array  ::= "[" ws ( value ("," ws value)* )? "]" ws
        string ::= "\"" (
            [^"\\\x7F\x00-\x1F] |
            "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4})
          )* "\"" ws
        number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
        ws ::= | " " | "\n" [ \t]{0,20}
        """#

    @Test(arguments: [
        ("{}", true), (#"{"a": [1, -2.5e3, true, {"\u00e9é": null}]}"#, true), ("[]", false), (#"{"a" 1}"#, false),
        ("{", false),
        (#"{"a":"\q"}"#, false), (String(repeating: #"{"a":["#, count: 50) + String(repeating: "]}", count: 50), true),
        (String(repeating: #"{"a":["#, count: 50) + String(repeating: "]}", count: 49) + "]", false), ("{}{}", false),
    ])
    func `a grammar of JSON accepts JSON`(text: String, isAccepted: Bool) throws {
        #expect(try Constraint(.gbnf(Self.json)).accepts(text) == isAccepted)
    }

    @Test(arguments: [
        (#"root ::= "a" | "b"+"#, ["a", "b", "bbb"], ["", "ab"]), (#"root ::= x{2,3} x ::= "c""#, [], []),
        ("root ::= x{2,3}\nx ::= \"c\"", ["cc", "ccc"], ["c", "cccc"]),
        ("root ::= x{2}\nx ::= [0-9a-f]", ["0f"], ["0g", "0"]),
        ("root ::= x{1,}\r\nx ::= [^a-y]\r\n", ["z", "zé"], ["", "za"]),
        ("root ::= (\"a\"\n  | \"b\"\n)? \"c\"", ["c", "ac"], ["abc"]),
        ("root ::= a |\n  \"b\"\na ::= \"a\" root | \"\"", ["", "b", "aab", "aa"], ["ba"]),
        (#"root ::= "\x41\u00e9\U0001F600\n\"\\""#, ["Aé😀\n\"\\"], []),
        ("root ::= .", ["x", "\n", "é"], ["", "xx"]), ("root ::= [\\]\\-^]+ # a comment", ["]-^"], ["a"]),
        (#"root ::= ("x" y)* y ::= "1""#, [], []),
        ("root-2 ::= \"b\"\nroot ::= root-2 root-2?", ["b", "bb"], ["bbb"]), ("root ::= [a-]", ["a", "-"], []),
    ])
    func `rules mean what llama.cpp says`(grammar: String, accepted: [String], refused: [String]) throws {
        if accepted.isEmpty && refused.isEmpty {
            #expect(throws: ConstraintError.self) { try Constraint(.gbnf(grammar)) }
            return
        }
        let constraint = try Constraint(.gbnf(grammar))
        for text in accepted { #expect(try constraint.accepts(text), "\(grammar) \(text)") }
        for text in refused { #expect(try !constraint.accepts(text), "\(grammar) \(text)") }
    }

    @Test(arguments: [
        ("", "no rule root"), ("a ::= \"b\"", "no rule root"), ("root ::= b", "line 1: the rule b is not defined"),
        ("root := \"a\"", "there must be ::="),
        ("root ::= \"a", "no closing quote"), ("root ::= [a", "no ]"), ("root ::= (\"a\"", "no )"),
        ("root ::= \"a\"\nroot ::= \"b\"", "line 2: the rule root is defined twice"),
        ("root ::= \"\\q\"", "not an escape"), ("root ::= \"a\"{3,2}", "out of order"),
        ("root ::= \"a\"{99999}", "at most 10000"), ("root ::= root \"a\" | \"a\"", "left recursive"),
        ("root ::= <think>", "tokens by their text"), ("root ::= <[x]>", "must be <[ID]>"),
        ("root ::= a\na ::= \"x\" a", "Nothing satisfies"), ("_ ::= \"a\"", "begin with its name"),
        ("root ::= " + String(repeating: "(", count: 100), "nested groups"), ("root ::= [b-a]", "out of order"),
        ("root ::= \"\\uD800\"", "not a character"),
    ])
    func `faults are errors that say where`(grammar: String, text: String) {
        let error = #expect(throws: ConstraintError.self) { try Constraint(.gbnf(grammar)) }
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }

    @Test func `tokens are allowed by their ids where the grammar names them, and only there`() throws {
        // 2 is a special token, 3 ends a text.
        let vocabulary = TokenVocabulary(
            tokens: ["a", "b", "<think>", "<end>", "<think"].map { Array($0.utf8) }, endTokens: [3], specialTokens: [2])
        var matcher = try Constraint(.gbnf("root ::= <[2]> \"a\"* !<[2]>")).matcher(for: vocabulary)
        var mask = TokenMask(count: vocabulary.count)
        try matcher.allowed(into: &mask)
        #expect(mask.ids == [2])
        try matcher.advance(2)
        try matcher.allowed(into: &mask)
        #expect(mask.ids == [0, 1, 4])
        var other = matcher
        try other.advance(1)
        try other.allowed(into: &mask)
        #expect(mask.ids == [3])
        try matcher.advance(0)
        #expect(try matcher.isAccepting())
        try matcher.allowed(into: &mask)
        #expect(mask.ids == [0, 1, 3, 4])
        var text = try Constraint(.gbnf("root ::= \"<think>\"")).matcher(for: vocabulary)
        try text.allowed(into: &mask)
        #expect(mask.ids == [4], "the special token is not its text")
    }
}

/// Texts that would need as much stack as they are long. The thread has the stack of a task's.
struct LongConstraintTests {
    private static let count = 100_000

    @Test(arguments: [
        "root ::= \"\(String(repeating: "a", count: count))\" x\nx ::= \"b\" | \"c\" x \"d\"",
        "root ::= \(String(repeating: "\"a\"? ", count: count))",
        "root ::= \"a\"\(String(repeating: "*?", count: count))",
        "root ::= r0\n" + (0..<60).map { "r\($0) ::= r\($0 + 1) r\($0 + 1)\n" }.joined() + "r60 ::= \"a\"?",
        "root ::= \(String(repeating: "[ab] x ", count: 20_000))\nx ::= \"b\" | \"c\" x \"d\"",
    ])
    func `a long grammar is compiled and followed, or too complex`(grammar: String) throws {
        do throws(ConstraintError) {
            _ = try Constraint(.gbnf(grammar)).matchingPrefix(of: "aaab".utf8)
        } catch {
            #expect(error.kind == .tooComplex)
        }
    }

    @Test func `a text that nests more than stacks may be deep is too complex`() throws {
        let constraint = try Constraint(.gbnf("root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"d\" root \"b\" | \"\""))
        let vocabulary = TokenVocabulary(tokens: "abcd<".utf8.map { [$0] }, endTokens: [4])
        var matcher = try constraint.matcher(for: vocabulary)
        for _ in 0..<500 { try matcher.advance(0) }
        let error = #expect(throws: ConstraintError.self) { for _ in 0..<100 { try matcher.advance(0) } }
        #expect(error?.kind == .tooComplex)
    }
}
