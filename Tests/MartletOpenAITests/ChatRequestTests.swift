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

    private func talk(_ last: JSONValue, _ fields: JSONObject = [:]) throws(OpenAIError) -> ChatRequest {
        var fields = fields
        fields["messages"] = [["role": "user", "content": "Hi"], last]
        return try chat(fields)
    }

    @Test func `an answer goes on with an assistant's last message`() throws {
        let said: JSONValue = ["role": "assistant", "content": "The"]
        let request = try talk(said)
        #expect(request.continuesFinalMessage)
        #expect(!request.addsGenerationPrompt)
        #expect(try talk(said, ["continue_final_message": true]).continuesFinalMessage)
        for field in [["add_generation_prompt": true], ["continue_final_message": false]] as [JSONObject] {
            #expect(try !talk(said, field).continuesFinalMessage)
            #expect(try talk(said, field).addsGenerationPrompt)
        }
        #expect(try !talk(["role": "user", "content": "Hi"]).continuesFinalMessage)
    }

    @Test func `only an assistant's message can be gone on with`() {
        let asked: JSONValue = ["role": "user", "content": "Hi"]
        let said: JSONValue = ["role": "assistant", "content": "The"]
        let both: JSONObject = ["continue_final_message": true, "add_generation_prompt": true]
        #expect(
            fault { () throws(OpenAIError) in try talk(asked, ["continue_final_message": true]) }
                == .invalid("continue_final_message"))
        #expect(fault { () throws(OpenAIError) in try talk(said, both) } == .invalid("continue_final_message"))
    }

    @Test func `effort and template variables arrive`() throws {
        let request = try chat(["reasoning_effort": "high", "chat_template_kwargs": ["a": 1]])
        #expect(request.reasoningEffort == "high")
        #expect(request.chatTemplateKwargs == ["a": 1])
        #expect(fault { () throws(OpenAIError) in try chat(["reasoning_effort": 1]) } == .invalid("reasoning_effort"))
        #expect(fault { () throws(OpenAIError) in try chat(["reasoning_effort": ""]) } == .invalid("reasoning_effort"))
        #expect(
            fault { () throws(OpenAIError) in try chat(["chat_template_kwargs": 1]) }
                == .invalid("chat_template_kwargs"))
    }

    @Test func `a format is text, an object or a schema`() throws {
        func format(_ value: JSONValue) throws(OpenAIError) -> ResponseFormat {
            try chat(["response_format": value], .responseFormat).responseFormat
        }
        #expect(try format(["type": "text"]) == .text)
        #expect(try format(["type": "json_object"]) == .jsonObject)
        let schema: JSONValue = ["name": "n", "schema": ["type": "object"], "strict": true]
        #expect(
            try format(["type": "json_schema", "json_schema": schema])
                == .jsonSchema(name: "n", schema: ["type": "object"], isStrict: true))
        #expect(fault { () throws(OpenAIError) in try format("text") } == .invalid("response_format"))
        #expect(fault { () throws(OpenAIError) in try format(["type": "xml"]) } == .invalid("response_format.type"))
        #expect(
            fault { () throws(OpenAIError) in try format(["type": "json_schema"]) }
                == .missing("response_format.json_schema"))
    }
}
