import MartletJSON
import Testing

/// A fault is expected at `offset`, with `phrase` in its message.
struct Refusal: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let offset: Int
    let phrase: String

    init(_ text: String, _ offset: Int, _ phrase: String) {
        self.init(bytes: Array(text.utf8), offset, phrase)
    }

    init(bytes: [UInt8], _ offset: Int, _ phrase: String) {
        self.bytes = bytes
        self.offset = offset
        self.phrase = phrase
    }

    var testDescription: String { String(decoding: bytes, as: UTF8.self).debugDescription }
}

struct JSONParserTests {
    private func parse(_ text: String) throws(JSONError) -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }

    private func refusal(of bytes: [UInt8]) -> JSONError? {
        do {
            _ = try JSONValue(parsing: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        arguments: [
            ("null", .null), ("true", true), ("false", false), (" \t\r\n1 \t\r\n", 1), ("\"\"", ""), ("[]", []),
            ("{}", [:]), ("[ ]", []), ("{ }", [:]), ("[null,true,false]", [.null, true, false]),
            ("[[],[[]],{}]", [[], [[]], [:]]), ("{\"a\":{\"b\":[1]}}", ["a": ["b": [1]]]),
            ("{\"\":0}", ["": 0]), (" { \"a\" : 1 , \"b\" : [ 2 , 3 ] } ", ["a": 1, "b": [2, 3]]),
            ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"), ("\"\\u0041\\u00e9\\u20AC\"", "Aé€"),
            ("\"\\u0000\"", "\0"), ("\"\\uD83D\\uDE00\"", "😀"), ("\"\\ud800\\udc00\"", "\u{10000}"),
            ("\"\\uDBFF\\uDFFF\"", "\u{10FFFF}"), ("\"\u{7F}é€😀\u{2028}\u{2029}\"", "\u{7F}é€😀\u{2028}\u{2029}"),
            ("\"\u{FEFF}\"", "\u{FEFF}"), ("\"12345678\\n12345678\"", "12345678\n12345678"),
        ] as [(String, JSONValue)])
    func `valid text is parsed`(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        Refusal("", 0, "empty"), Refusal(" \n", 2, "empty"), Refusal("1 2", 2, "end of the text"),
        Refusal("{}}", 2, "end of the text"), Refusal("[1]x", 3, "`x`"), Refusal("nul", 3, "`null`"),
        Refusal("nulL", 3, "`null`"), Refusal("True", 0, "a value"), Refusal("tru e", 3, "`true`"),
        Refusal("NaN", 0, "a value"), Refusal("Infinity", 0, "a value"), Refusal("-Infinity", 1, "a digit"),
        Refusal("undefined", 0, "a value"), Refusal("'a'", 0, "a value"), Refusal("\"a", 2, "closing quote"),
        Refusal("\"\\", 2, "escape"), Refusal("\"\\x\"", 2, "one of"), Refusal("\"\\U0041\"", 2, "one of"),
        Refusal("\"\\u12\"", 5, "hexadecimal"), Refusal("\"\\u12g4\"", 5, "hexadecimal"),
        Refusal("\"\\uD800\"", 1, "surrogate"), Refusal("\"\\uDC00\"", 1, "surrogate"),
        Refusal("\"\\uD800\\uD800\"", 1, "surrogate"), Refusal("\"\\uD800\\u0041\"", 1, "surrogate"),
        Refusal("\"\\uDC00\\uDC00\"", 1, "surrogate"), Refusal("\"\\uD800\\n\"", 1, "surrogate"),
        Refusal("\"\\uDC00\\uD800\"", 1, "surrogate"),
        Refusal("[", 1, "a value"), Refusal("[1", 2, "`,` or `]`"), Refusal("[1,", 3, "a value"),
        Refusal("[1,]", 3, "a value"), Refusal("[,1]", 1, "a value"), Refusal("[1 2]", 3, "`,` or `]`"),
        Refusal("[1}", 2, "`,` or `]`"), Refusal("]", 0, "a value"), Refusal("[1,,2]", 3, "a value"),
        Refusal("{", 1, "member name"), Refusal("{a:1}", 1, "member name"), Refusal("{1:1}", 1, "member name"),
        Refusal("{'a':1}", 1, "member name"), Refusal("{\"a\"}", 4, "`:`"), Refusal("{\"a\":}", 5, "a value"),
        Refusal("{\"a\":1,}", 7, "member name"), Refusal("{\"a\":1 \"b\":2}", 7, "`,` or `}`"),
        Refusal("{\"a\"::1}", 5, "a value"), Refusal("{,}", 1, "member name"), Refusal("{\"a\":1]", 6, "`,` or `}`"),
        Refusal("// x\n1", 0, "a value"), Refusal("1 /* x */", 2, "end of the text"), Refusal("[1]#", 3, "end of"),
        Refusal("\u{A0}1", 0, "0xC2"), Refusal("\u{0C}1", 0, "0x0C"), Refusal("\u{FEFF}1", 0, "byte order mark"),
        Refusal("1\u{FEFF}", 1, "0xEF"), Refusal(bytes: [0xFF], 0, "0xFF"), Refusal("1\0", 1, "0x00"),
    ])
    func `invalid text is refused at the first invalid byte`(_ refusal: Refusal) throws {
        let error = try #require(self.refusal(of: refusal.bytes))
        #expect(error.offset == refusal.offset)
        #expect(error.message.contains(refusal.phrase), "\(error.message)")
        #expect(error.message.hasSuffix("."))
    }

    @Test(arguments: [
        "0", "-0", "1", "-1", "10", "0.5", "-0.0", "1.50", "1e5", "1E5", "1e+5", "1E-05", "0e0", "0E+00", "1.25e-7",
        "12345678901234567890", "1E400", "-1e-400", "0.1000000000000000055511151231257827",
    ])
    func `a number keeps its exact text`(text: String) throws {
        #expect(try parse(text).number?.text == text)
        #expect(try parse("[\(text),\(text)]").array?.last?.number?.text == text)
    }

    @Test(arguments: [
        ("-", 1), ("+1", 0), ("01", 1), ("-01", 2), ("00", 1), (".5", 0), ("-.5", 1), ("1.", 2), ("1.e5", 2),
        ("1e", 2), ("1e+", 3), ("1E-", 3), ("1e5.5", 3), ("1.5.5", 3), ("0x10", 1), ("1_000", 1), ("--1", 1),
        ("1e 5", 2), ("2.", 2), ("1f", 1), ("- 1", 1), ("[-]", 2), ("１", 0),
    ])
    func `a malformed number is refused`(text: String, offset: Int) throws {
        #expect(refusal(of: Array(text.utf8))?.offset == offset)
    }

    @Test(arguments: 0..<UInt8(0x20))
    func `an unescaped control character in a string is refused at any position`(byte: UInt8) {
        for length in 0..<18 {
            let bytes = [0x22] + [UInt8](repeating: 0x61, count: length) + [byte, 0x61, 0x22]
            #expect(refusal(of: bytes)?.offset == 1 + length)
            #expect(refusal(of: bytes)?.message.contains("control character") == true)
        }
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func `ill-formed UTF-8 is refused in values, names and beside escapes`(bytes: [UInt8]) {
        let texts: [(before: String, after: String)] = [
            ("\"", "\""), ("\"é", "é\""), ("\"\\n", "\""), ("\"", "\\n\""), ("{\"", "\":1}"), ("[\"12345678", "\"]"),
        ]
        for (before, after) in texts {
            let error = refusal(of: Array(before.utf8) + bytes + Array(after.utf8))
            #expect(error?.offset == before.utf8.count)
            #expect(error?.message.contains("UTF-8") == true)
        }
    }

    @Test func `every truncation of a document is refused at or before its end`() {
        let document = Array("{\"a\":[1.5e-3,true,null,\"\\u20AC\\uD83D\\uDE00é\"],\"b\":{\"c\":[]},\"d\":false}".utf8)
        #expect(refusal(of: document) == nil)
        for length in 0..<document.count {
            let error = refusal(of: Array(document[..<length]))
            #expect(error != nil)
            #expect((error?.offset ?? .max) <= length)
        }
    }

    @Test func `an error has a line and a column in characters`() throws {
        let error = try #require(refusal(of: Array("{\n  \"é\": 1,\n  \"ü\" 2\n}".utf8)))
        #expect(error.line == 3)
        #expect(error.column == 7)
        #expect(error.description == "Expected `:` after a member name, but found `2`. (line 3, column 7)")
    }

    @Test func `nesting of 128 is parsed and of 129 refused`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(refusal(of: nested(128)) == nil)
        #expect(refusal(of: nested(129))?.offset == 128)
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(3), maximumDepth: 2) }
        #expect(try JSONValue(parsing: nested(2), maximumDepth: 2) == [[]])
    }

    @Test func `depth counts nesting and not siblings`() throws {
        let siblings = "[" + String(repeating: "[{}],", count: 1000) + "0]"
        #expect(try parse(siblings).array?.count == 1001)
    }

    @Test func `the last of duplicate names wins at the position of the first`() throws {
        let object = try #require(try parse("{\"a\":1,\"b\":2,\"\\u0061\":3}").object)
        #expect(object.map(\.key) == ["a", "b"])
        #expect(object["a"] == 3)
    }

    @Test func `names that differ only by normalisation are different names`() throws {
        let object = try #require(try parse("{\"\\u00e9\":1,\"e\\u0301\":2}").object)
        #expect(object.count == 2)
        #expect(object["\u{E9}"] == 1)
        #expect(object["e\u{301}"] == 2)
    }

    @Test func `unknown names are preserved`() throws {
        let object = try #require(try parse("{\"max_token\":1}").object)
        #expect(object.map(\.key) == ["max_token"])
    }
}
