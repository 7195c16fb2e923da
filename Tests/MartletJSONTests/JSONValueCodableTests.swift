import Foundation
import MartletJSON
import Testing

struct JSONValueCodableTests {
    @Test(
        arguments: [
            .null, .bool(true), 0, -7, 1.5, 9_007_199_254_740_993, "é\u{2028}", [], [1, "a", [.null]], [:],
            ["a": ["b": [true, 2.25]], "": .null],
        ] as [JSONValue])
    func `a value survives Codable`(value: JSONValue) throws {
        let data = try JSONEncoder().encode([value])
        #expect(try JSONDecoder().decode([JSONValue].self, from: data) == [value])
    }

    @Test func `a value that Codable wrote is the same JSON`() throws {
        let value: JSONValue = ["n": 1, "list": [1.5, false, .null], "text": "x"]
        #expect(try JSONValue(parsing: [UInt8](JSONEncoder().encode(value))) == value)
    }
}
