import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct RequestBodyTests {
    private func parse(_ text: String) throws(OpenAIError) -> JSONObject {
        try RequestBody.parse(Array(text.utf8))
    }

    @Test func `an object is parsed`() throws {
        #expect(try parse("{\"model\":\"toy\",\"unknown\":1}") == ["model": "toy", "unknown": 1])
    }

    @Test(arguments: ["", " ", "{", "{\"a\":}", "{} {}", "\u{FEFF}{}", "[]", "\"x\"", "1", "null", "{\"a\":NaN}"])
    func `a body that is not one JSON object is a 400 without code and param`(text: String) {
        #expect(fault { () throws(OpenAIError) in try parse(text) } == .badRequest(nil, nil))
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            Array(#"\ud800"#.utf8), Array(#"\udc00"#.utf8), Array(#"\ud800\u0041"#.utf8), Array(#"\udc00\ud800"#.utf8),
        ] as [[UInt8]])
    func `invalid Unicode is refused, in bytes and in escapes`(bytes: [UInt8]) {
        let body = Array(#"{"prompt":""#.utf8) + bytes + Array(#""}"#.utf8)
        #expect(fault { () throws(OpenAIError) in try RequestBody.parse(body) } == .badRequest(nil, nil))
    }

    @Test(arguments: ["x", "}", "{}", ",", "\u{0}", "\n1"])
    func `nothing may follow the object`(rest: String) {
        #expect(fault { () throws(OpenAIError) in try parse("{\"a\":1}" + rest) } == .badRequest(nil, nil))
    }

    @Test func `an empty string is a model name`() throws {
        #expect(try RequestBody.model(of: ["model": ""]) == "")
    }

    @Test func `a malformed body is refused with the position`() {
        let error = #expect(throws: OpenAIError.self) { try parse("{\n\"a\" 1}") }
        #expect(error?.message.contains("line 2, column 5") == true)
    }

    @Test func `a body that is not an object is described in the error`() {
        let error = #expect(throws: OpenAIError.self) { try parse("[1]") }
        #expect(error?.message == "The request body must be a JSON object, but it is an array of 1 element.")
    }

    @Test func `the model is a string, or absent`() throws {
        #expect(try RequestBody.model(of: ["model": "a/b:c"]) == "a/b:c")
        #expect(try RequestBody.model(of: [:]) == nil)
        #expect(try RequestBody.model(of: ["model": .null]) == nil)
    }

    @Test(arguments: [1, true, [], [:]] as [JSONValue])
    func `a model of another type is refused`(value: JSONValue) {
        #expect(fault { () throws(OpenAIError) in try RequestBody.model(of: ["model": value]) } == .invalid("model"))
    }
}
