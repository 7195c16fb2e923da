import MartletJSON
import Testing

/// The value of a JSON text that arrives in pieces.
struct PartialJSONTests {
    /// The last value that the pieces have.
    private func value(_ pieces: String...) -> JSONValue? {
        var json = PartialJSON()
        return pieces.reduce(nil) { json.feed($1.utf8) ?? $0 }
    }

    @Test(
        arguments: [
            ("", nil), ("  ", nil), ("{", [:]), ("[", []), ("\"", ""), ("\"a", "a"), ("1", nil), ("1 ", 1),
            ("tru", nil),
            ("true", true), ("{\"", [:]), ("{\"a", [:]), ("{\"a\"", [:]), ("{\"a\":", [:]), ("{\"a\": ", [:]),
            ("{\"a\":\"", ["a": ""]), ("{\"a\":\"b", ["a": "b"]), ("{\"a\":\"b\"", ["a": "b"]),
            ("{\"a\":\"b\",\"c", ["a": "b"]), ("{\"a\":12", [:]), ("{\"a\":12,", ["a": 12]), ("{\"a\":12}", ["a": 12]),
            ("{\"a\":-", [:]), ("{\"a\":1.5e", [:]), ("{\"a\":fals", [:]), ("{\"a\":null", ["a": .null]),
            ("{\"a\":[", ["a": []]), ("{\"a\":[1,2", ["a": [1]]), ("{\"a\":[1,2]", ["a": [1, 2]]),
            ("{\"a\":[\"x", ["a": ["x"]]), ("[[[", [[[]]]), ("[{\"a\":{\"b\":\"c", [["a": ["b": "c"]]]),
            ("[{}, [], \"", [[:], [], ""]), ("\"a\\", "a"), ("\"a\\n", "a\n"), ("\"\\u00e", ""), ("\"\\u00e9", "é"),
            ("\"\\ud83d", ""), ("\"\\ud83d\\ude", ""), ("\"\\ud83d\\ude00", "😀"),
            // Of several members with one name the last counts.
            ("{\"a\":1,\"a\":", ["a": 1]), ("{\"a\":1,\"a\":\"b", ["a": "b"]),
            ("{\"a\":1,\"a\":[2,\"a\"", ["a": [2, "a"]]),
        ] as [(String, JSONValue?)])
    func `an incomplete text has the value that is there so far`(_ text: String, _ expected: JSONValue?) {
        #expect(value(text) == expected)
        var json = PartialJSON()
        #expect(text.utf8.reduce(nil) { json.feed(CollectionOfOne($1)) ?? $0 } == expected)
    }

    private static let recipe = """
         {"title": "Pfannkuchen \\u00fc \\"öäß\\" 😀 \\ud83d\\ude00 a\\/b", "minutes": -12.50E+3, "steps": [
            {"text": "", "done": false, "next": null}, [], {}, [[1, [2, 3]], true]], "": [0], "a": {"b": {"c": "d"}}} \n
        """

    @Test func `a text in two pieces, or in three, has the value of the whole`() throws {
        let bytes = Array(Self.recipe.utf8)
        let whole = try JSONValue(parsing: bytes)
        for first in bytes.indices {
            var json = PartialJSON()
            let before = json.feed(bytes[..<first])
            #expect((json.feed(bytes[first...]) ?? before) == whole, "split at \(first)")
            let second = min(first + 5, bytes.count)
            json = PartialJSON()
            let values = [bytes[..<first], bytes[first..<second], bytes[second...]].compactMap { json.feed($0) }
            #expect(values.last == whole, "split at \(first) and \(second)")
        }
    }

    @Test func `what is shown at a place does not depend on the pieces before it`() {
        let bytes = Array(Self.recipe.utf8)
        var json = PartialJSON()
        var shown: JSONValue?
        for end in bytes.indices {
            shown = json.feed(CollectionOfOne(bytes[end])) ?? shown
            var whole = PartialJSON()
            #expect(whole.feed(bytes[...end]) == shown, "up to \(end)")
        }
    }

    @Test func `values that somebody keeps do not change`() {
        var json = PartialJSON()
        let values = ["{\"a\":[1", ",\"x", "y\",{\"b\":\"", "c", "\"}]", "}"].map { json.feed($0.utf8) }
        #expect(
            values == [
                ["a": []], ["a": [1, "x"]], ["a": [1, "xy", ["b": ""]]], ["a": [1, "xy", ["b": "c"]]], nil, nil,
            ])
    }

    @Test func `pieces that change nothing have no value`() {
        var json = PartialJSON()
        #expect(json.feed("{".utf8) == [:])
        for piece in ["", " ", "\"a", "b\"", ":", " 1", "2"] { #expect(json.feed(piece.utf8) == nil) }
        #expect(json.feed(",".utf8) == ["ab": 12])
        for piece in ["\"c\"", " :"] { #expect(json.feed(piece.utf8) == nil) }
        #expect(json.feed("\"".utf8) == ["ab": 12, "c": ""])
        // Half of a character.
        #expect(json.feed([0xC3]) == nil)
        #expect(json.feed([0xA9]) == ["ab": 12, "c": "é"])
    }

    @Test(arguments: [
        "x", "{]", "[}", "[1,]", "{,", "{\"a\",", "{\"a\":}", "{\"a\" \"b\"", "{1", "[1 2", "{}{", "01 ", "-,", "[1.]",
        "[truer", "[nul]", "[tru\"", "\"\\x", "\"\\ud83d\"", "\"\\ud83dx", "\"\\ud83d\\n", "\"\\ude00",
        "\"\\ud83d\\u0041",
        "\"\n", "\"\\u00g", "```json", "\u{FEFF}{}",
    ])
    func `a text that is not JSON ends the values`(_ text: String) {
        var json = PartialJSON()
        for byte in text.utf8 { _ = json.feed(CollectionOfOne(byte)) }
        for piece in ["\"", "]", "}", "1", ",", " "] { #expect(json.feed(piece.utf8) == nil) }
        #expect(value(text, "1") == nil)
    }

    @Test func `a string that is not UTF-8 ends the values`() {
        for bytes in [[0xFF], [0xC3, 0x28], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0x80], [0xF0, 0x9F, 0x98]] as [[UInt8]] {
            var json = PartialJSON()
            _ = json.feed([UInt8(ascii: "\"")] + bytes)
            _ = json.feed("\"".utf8)
            #expect(json.feed(" ".utf8) == nil)
            var whole = PartialJSON()
            #expect(whole.feed([UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]) == nil)
        }
    }

    @Test func `nesting has the limit of complete texts`() throws {
        let deepest = String(repeating: "[", count: 128)
        #expect(value(deepest, String(repeating: "]", count: 128)) != nil)
        #expect(value(deepest + "[") == nil)
        var json = PartialJSON()
        for _ in 0..<100_000 { _ = json.feed("[{\"a\":".utf8) }
    }

    @Test func `no bytes are too strange`() {
        var generator = SeededGenerator(state: 7)
        let alphabet = Array("{}[]\":,\\u0dé8 e-+.truefalsn1\n".utf8) + [0x00, 0x80, 0xC3, 0xF0, 0xFF]
        for _ in 0..<3000 {
            var json = PartialJSON()
            var text: [UInt8] = []
            var last: JSONValue?
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let piece = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                    alphabet[Int.random(in: alphabet.indices, using: &generator)]
                }
                text += piece
                last = json.feed(piece) ?? last
            }
            // Whatever a complete text may be, its parts have led to it; only a number has no end of its own.
            if let whole = try? JSONValue(parsing: text), whole.number == nil { #expect(last == whole, "\(text)") }
        }
    }
}

/// The same numbers each time.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
