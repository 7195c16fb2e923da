import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

/// The messages that state the expected and the actual value.
struct FieldTests {
    private static let long = JSONValue.string(String(repeating: "x", count: 4097))

    static let sentences: [(fields: JSONObject, sentence: String)] = [
        (["stop": long], "`stop` must be a string of at most 4096 bytes, but it is a string of 4097 bytes."),
        (["stop": [long]], "`stop[0]` must be a string of at most 4096 bytes, but it is a string of 4097 bytes."),
        (["stop": ""], "`stop` must be a string of at least one character, but it is an empty string."),
        (["stop": 5], "`stop` must be a string or an array of strings, but it is 5."),
        (
            ["user": 5, "temperature": long],
            "`temperature` must be a number from 0 to 2, but it is a string of 4097 bytes."
        ),
        (["temperature": "1"], "`temperature` must be a number from 0 to 2, but it is \"1\"."),
        (["temperature": []], "`temperature` must be a number from 0 to 2, but it is an empty array."),
        (["temperature": [1]], "`temperature` must be a number from 0 to 2, but it is an array of 1 element."),
        (["temperature": [1, 2]], "`temperature` must be a number from 0 to 2, but it is an array of 2 elements."),
        (["temperature": [:]], "`temperature` must be a number from 0 to 2, but it is an object."),
        (["repetition_penalty": 0], "`repetition_penalty` must be a number from 0.01 to 100, but it is 0."),
        (
            ["reasoning_effort": long],
            "`reasoning_effort` must be a word of at most 64 bytes, but it is a string of 4097 bytes."
        ),
        (
            ["max_tokens": 1, "min_tokens": 2],
            "`min_tokens` must be at most 1, the limit of the answer, but it is 2."
        ),
        (
            ["tools": [["type": "function", "function": ["name": long]]]],
            "`tools[0].function.name` must be a name of 1 to 64 letters, digits, `_` and `-`, but it is a string of 4097 "
                + "bytes."
        ),
    ]

    @Test(arguments: sentences)
    func `an error describes the invalid value`(_ fields: JSONObject, _ sentence: String) {
        let error = #expect(throws: OpenAIError.self) { try chat(fields, .tools) }
        #expect(error?.message == sentence)
    }

    @Test func `an error names the limit that another parameter sets`() {
        let error = #expect(throws: OpenAIError.self) {
            try completion(["best_of": 1, "n": 2], [.choices, .bestOf])
        }
        #expect(error?.message == "`best_of` must be at least `n`, which is 2, but it is 1.")
    }
}
