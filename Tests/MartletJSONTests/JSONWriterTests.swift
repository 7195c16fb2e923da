import MartletJSON
import Testing

struct JSONWriterTests {
    private func json(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `commas are only between members and between elements`() {
        let text = json { writer in
            writer.object { writer in
                writer.member("id", "x")
                writer.member("n", 3)
                writer.member("none", .null)
                writer.array("choices") { writer in
                    writer.object { $0.member("index", 0) }
                    writer.object { _ in }
                    writer.array { _ in }
                    writer.value(true)
                }
                writer.object("usage") { writer in
                    writer.name("raw")
                    writer.raw("[1]".utf8)
                }
                writer.member("last", ["a", "b"])
            }
        }
        let expected =
            #"{"id":"x","n":3,"none":null,"choices":[{"index":0},{},[],true],"usage":{"raw":[1]},"last":["a","b"]}"#
        #expect(text == expected)
    }

    @Test func `an array among elements gets one comma`() {
        #expect(json { $0.value([1, [2], ["a": [3]], [4]] as JSONValue) } == #"[1,[2],{"a":[3]},[4]]"#)
    }

    @Test func `a writer appends to what the buffer holds`() {
        var writer = JSONWriter(appendingTo: Array("data: ".utf8))
        writer.value(1)
        #expect(writer.bytes == Array("data: 1".utf8))
    }

    @Test func `optionals write their value or null`() {
        let missing: Int? = nil
        #expect(
            json {
                $0.array {
                    $0.value(missing)
                    $0.value(Int?.some(1))
                }
            } == "[null,1]")
    }

    @Test func `numbers have the shortest spelling that reads back, and are null when not finite`() {
        let text = json { writer in
            writer.array { writer in
                writer.value(Int.min)
                writer.value(0.1)
                writer.value(Float(0.1))
                writer.value(-0.0)
                writer.value(1e300)
                writer.value(Double.nan)
                writer.value(-Double.infinity)
                writer.value(Float.nan)
                writer.value(Float.infinity)
            }
        }
        #expect(text == "[-9223372036854775808,0.1,0.1,-0.0,1e+300,null,null,null,null]")
    }

    @Test func `an error of the body is rethrown`() {
        struct Fault: Error {}
        #expect(throws: Fault.self) {
            var writer = JSONWriter()
            try writer.object { _ throws(Fault) in throw Fault() }
        }
    }

    @Test func `quotes, backslashes and control characters are escaped, and nothing else`() {
        var escaped: [UInt8] = []
        JSONWriter.appendEscaped("\"\\/\u{8}\u{C}\n\r\t\0\u{1F}\u{7F}é€😀\u{2028}", to: &escaped)
        let expected = #"\"\\/\b\f\n\r\t\u0000\u001f"# + "\u{7F}é€😀\u{2028}"
        #expect(String(decoding: escaped, as: UTF8.self) == expected)
    }

    @Test func `every byte that needs an escape gets it at every position of a word`() throws {
        for byte in (0..<UInt8(0x20)) + [0x22, 0x5C] {
            for before in 0..<17 {
                let text = [UInt8](repeating: 0x61, count: before) + [byte] + [0xC3, 0xA9]
                var escaped = [UInt8(ascii: "\"")]
                JSONWriter.appendEscaped(text.span, to: &escaped)
                escaped.append(UInt8(ascii: "\""))
                #expect(try JSONValue(parsing: escaped).string.map { Array($0.utf8) } == text)
            }
        }
    }

    @Test func `random values survive writing and reading`() throws {
        var random = SplitMix(state: 0x4D61_7274_6C65_74)
        for _ in 0..<2000 {
            let value = random.value(depth: 4)
            var writer = JSONWriter()
            writer.value(value)
            #expect(try JSONValue(parsing: writer.bytes) == value)
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), so that a failure repeats.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .number(JSONNumber(Int(truncatingIfNeeded: next())))
        case 3: return .number(JSONNumber(Double(bitPattern: next())) ?? JSONNumber(0))
        case 4, 5: return .string(text())
        case 6: return .array((0..<count()).map { _ in value(depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<count() { object[text()] = value(depth: depth - 1) }
            return .object(object)
        }
    }

    private mutating func count() -> Int { .random(in: 0..<24, using: &self) }

    private mutating func text() -> String {
        let ranges: [ClosedRange<UInt32>] = [0...0x7F, 0x20...0x7E, 0x80...0x7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF]
        var text = String.UnicodeScalarView()
        for _ in 0..<count() {
            guard let range = ranges.randomElement(using: &self) else { continue }
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &self)) { text.append(scalar) }
        }
        return String(text)
    }
}
