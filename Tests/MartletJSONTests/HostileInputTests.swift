import MartletJSON
import Testing

/// Inputs of about 10 MB that a careless reader answers with a crash, or in quadratic time.
struct HostileInputTests {
    @Test func `ten million open brackets are refused`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 10_000_000)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(error?.offset == 128)
    }

    @Test func `a million distinct names are parsed`() throws {
        var writer = JSONWriter()
        writer.object { writer in
            for number in 0..<1_000_000 { writer.member(String(number), number) }
        }
        let object = try #require(try JSONValue(parsing: writer.bytes).object)
        #expect(object.count == 1_000_000)
        #expect(object["999999"] == 999_999)
        #expect(object["1000000"] == nil)
    }

    @Test func `a million equal names leave one member`() throws {
        let text = "{" + String(repeating: "\"a\":1,", count: 1_000_000) + "\"a\":2}"
        #expect(try JSONValue(parsing: Array(text.utf8)) == ["a": 2])
    }

    @Test func `a number of a million digits keeps its text and has no value`() throws {
        let text = String(repeating: "9", count: 1_000_000)
        let number = try #require(try JSONValue(parsing: Array(text.utf8)).number)
        #expect(number.text.utf8.count == 1_000_000)
        #expect(number.int == nil)
        #expect(number.double == nil)
    }

    @Test func `a million surrogate pairs are parsed`() throws {
        let text = "\"" + String(repeating: "\\uD83D\\uDE00", count: 1_000_000) + "\""
        #expect(try JSONValue(parsing: Array(text.utf8)).string?.utf8.count == 4_000_000)
    }

    @Test func `an unterminated string of ten megabytes is refused`() {
        let bytes = [UInt8(ascii: "\"")] + [UInt8](repeating: 0x61, count: 10_000_000)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(error?.offset == 10_000_001)
    }
}
