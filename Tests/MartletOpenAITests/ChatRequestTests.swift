import MartletJSON
import MartletOpenAI
import Testing

struct ChatRequestTests {
    @Test func `max_completion_tokens wins over max_tokens`() throws {
        #expect(try chat(["max_tokens": 5]).maxTokens == 5)
        #expect(try chat(["max_completion_tokens": 7]).maxTokens == 7)
        #expect(try chat(["max_tokens": 5, "max_completion_tokens": 7]).maxTokens == 7)
        #expect(try chat(["max_tokens": 5, "max_completion_tokens": .null]).maxTokens == 5)
    }

    @Test(arguments: ["max_tokens", "max_completion_tokens"])
    func `a limit on tokens is an integer of at least 1`(name: String) {
        for value in [0, -1, 1.5, "5", true] as [JSONValue] {
            #expect(fault { () throws(OpenAIError) in try chat([name: value]) } == .invalid(name))
        }
    }

    @Test func `the losing limit is checked all the same`() {
        let fields: JSONObject = ["max_tokens": 0, "max_completion_tokens": 7]
        #expect(fault { () throws(OpenAIError) in try chat(fields) } == .invalid("max_tokens"))
    }

    @Test func `messages are required`() {
        #expect(fault { () throws(OpenAIError) in try chat(["messages": .null]) } == .missing("messages"))
        let decodingNothing = fault { () throws(OpenAIError) in
            try ChatRequest(decoding: [:], model: "toy", capabilities: [])
        }
        #expect(decodingNothing == .missing("messages"))
    }

    @Test(arguments: [[], "Hi", 1, [:], true] as [JSONValue])
    func `messages are an array that is not empty`(value: JSONValue) {
        #expect(fault { () throws(OpenAIError) in try chat(["messages": value]) } == .invalid("messages"))
    }

    @Test func `the body stays readable as a whole`() throws {
        let request = try chat(["my_field": ["a": 1], "max_token": 3])
        #expect(request.body["my_field"] == ["a": 1])
        #expect(request.body["max_token"] == 3)
    }

    @Test func `the user's last text is at hand`() throws {
        let request = try chat([
            "messages": [
                ["role": "user", "content": "one"], ["role": "assistant", "content": "two"],
                ["role": "user", "content": [["type": "text", "text": "thr"], ["type": "text", "text": "ee"]]],
                ["role": "assistant", "content": "four"],
            ]
        ])
        #expect(request.lastUserText == "three")
        #expect(ChatRequest(model: "toy", messages: [.system("x")]).lastUserText.isEmpty)
    }

    @Test func `a fault in a later message is found by its path`() {
        let messages: JSONValue = [["role": "user", "content": "a"], ["role": "user", "content": [["type": "x"]]]]
        #expect(
            fault { () throws(OpenAIError) in try chat(["messages": messages]) }
                == .invalid("messages[1].content[0].type"))
    }
}
