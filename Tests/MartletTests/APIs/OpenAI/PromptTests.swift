import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

/// The four forms of `prompt` and `input`, decoded by both endpoints.
struct PromptTests {
    private func expectBoth(_ value: JSONValue, _ expected: [Prompt]) throws {
        #expect(try completion(["prompt": value]).prompts == expected)
        #expect(try embedding(["input": value]).inputs == expected)
    }

    private func expectRefusal(_ value: JSONValue, at suffix: String) {
        #expect(fault { () throws(OpenAIError) in try completion(["prompt": value]) } == .invalid("prompt" + suffix))
        #expect(fault { () throws(OpenAIError) in try embedding(["input": value]) } == .invalid("input" + suffix))
    }

    @Test func `a string is one prompt`() throws {
        try expectBoth("Hi", [.text("Hi")])
    }

    @Test func `each element of an array of strings is a prompt`() throws {
        try expectBoth(["Hi", "Ho"], [.text("Hi"), .text("Ho")])
    }

    @Test func `an array of token ids is one prompt`() throws {
        try expectBoth([1, 2, 0, 2_147_483_647], [.tokenIDs([1, 2, 0, 2_147_483_647])])
    }

    @Test func `each element of an array of arrays of token ids is a prompt`() throws {
        try expectBoth([[1, 2], [3]], [.tokenIDs([1, 2]), .tokenIDs([3])])
    }

    @Test func `a missing prompt is named`() {
        #expect(fault { () throws(OpenAIError) in try completion(["prompt": .null]) } == .missing("prompt"))
        #expect(fault { () throws(OpenAIError) in try embedding(["input": .null]) } == .missing("input"))
    }

    @Test func `empty prompts are refused in every form`() {
        expectRefusal("", at: "")
        expectRefusal([], at: "")
        expectRefusal([""], at: "[0]")
        expectRefusal(["a", ""], at: "[1]")
        expectRefusal([[]], at: "[0]")
        expectRefusal([[1], []], at: "[1]")
    }

    @Test func `other types are refused`() {
        for value in [1, true, [:]] as [JSONValue] { expectRefusal(value, at: "") }
        for value in [[true], [.null], [[:]]] as [JSONValue] { expectRefusal(value, at: "[0]") }
        expectRefusal([["a"]], at: "[0][0]")
        expectRefusal([[[1]]], at: "[0][0]")
    }

    @Test func `the forms of prompts cannot be mixed`() {
        expectRefusal(["a", 1], at: "[1]")
        expectRefusal([1, "a"], at: "[1]")
        expectRefusal([1, [2]], at: "[1]")
        expectRefusal([[1], 2], at: "[1]")
        expectRefusal([[1], "a"], at: "[1]")
    }

    @Test(arguments: [-1, 1.5, 2_147_483_648, 1e30] as [JSONValue])
    func `a token id is an integer from 0 to Int32.max`(id: JSONValue) {
        expectRefusal([1, id], at: "[1]")
        expectRefusal([[1], [2, id]], at: "[1][1]")
    }
}
