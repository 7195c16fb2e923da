import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

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

    // MARK: Log-probabilities

    private func faultOf(_ fields: JSONObject, _ capabilities: Capabilities = []) -> Fault? {
        fault { () throws(OpenAIError) in try chat(fields, capabilities) }
    }

    @Test func `log-probabilities are a bool, and alternatives a count from 0 to 20`() throws {
        #expect(try chat(["logprobs": true], .logprobs).topLogprobs == 0)
        #expect(try chat(["logprobs": true, "top_logprobs": 20], .logprobs).topLogprobs == 20)
        #expect(try chat(["top_logprobs": 5, "logprobs": true], .logprobs).topLogprobs == 5)
        #expect(try chat(["logprobs": false, "top_logprobs": .null]).topLogprobs == nil)
        for value in [0, 1, "true"] as [JSONValue] {
            #expect(faultOf(["logprobs": value], .logprobs) == .invalid("logprobs"))
        }
        for value in [-1, 21, 1.5, true, "1"] as [JSONValue] {
            #expect(faultOf(["logprobs": true, "top_logprobs": value], .logprobs) == .invalid("top_logprobs"))
        }
    }

    @Test func `alternatives need log-probabilities`() {
        for fields in [[:], ["logprobs": false], ["logprobs": .null]] as [JSONObject] {
            var fields = fields
            fields["top_logprobs"] = 3
            #expect(faultOf(fields, .logprobs) == .invalid("top_logprobs"))
            fields["top_logprobs"] = 0
            #expect(faultOf(fields) == nil)
        }
    }

    @Test func `log-probabilities need a model that tells them`() {
        #expect(faultOf(["logprobs": true]) == .unsupported("logprobs"))
        #expect(faultOf(["logprobs": true, "top_logprobs": 3]) == .unsupported("logprobs"))
    }

    // MARK: Tools

    private let tools: JSONValue = [["type": "function", "function": ["name": "f"]]]

    @Test func `tools need a model that calls them`() throws {
        #expect(faultOf(["tools": tools]) == .unsupported("tools"))
        #expect(try chat(["tools": tools], .tools).tools == [ToolDefinition(name: "f")])
        #expect(try chat(["tools": []]).tools.isEmpty)
    }

    @Test func `a model decides about tools unless it is told`() throws {
        #expect(try chat(["tools": tools], .tools).toolChoice == .auto)
        #expect(try chat(["tools": tools, "tool_choice": "none"], .tools).toolChoice == .none)
        #expect(try chat(["tool_choice": "auto", "tools": tools], .tools).toolChoice == .auto)
    }

    @Test(arguments: ["required", ["type": "function", "function": ["name": "f"]]] as [JSONValue])
    func `to force a call needs a model that can be forced`(choice: JSONValue) throws {
        let fields: JSONObject = ["tools": tools, "tool_choice": choice]
        #expect(faultOf(fields, .tools) == .unsupported("tool_choice"))
        #expect(faultOf(fields, [.tools, .toolChoice]) == nil)
        let error = #expect(throws: OpenAIError.self) { try chat(fields, .tools) }
        #expect(error?.message.contains(#"`"auto"` or `"none"`"#) == true)
    }

    @Test func `a choice of tools needs tools`() throws {
        for choice in ["auto", "required", ["type": "function", "function": ["name": "f"]]] as [JSONValue] {
            for tools in [.null, []] as [JSONValue] {
                #expect(
                    faultOf(["tools": tools, "tool_choice": choice], [.tools, .toolChoice]) == .invalid("tool_choice"))
            }
        }
        #expect(try chat(["tool_choice": "none"]).toolChoice == .none)
    }

    @Test func `the tool that is chosen is one of the tools`() {
        let choice: JSONValue = ["type": "function", "function": ["name": "g"]]
        #expect(faultOf(["tools": tools, "tool_choice": choice], [.tools, .toolChoice]) == .invalid("tool_choice"))
    }

    @Test func `several calls at once are a matter of the client's`() throws {
        #expect(try chat().parallelToolCalls)
        #expect(try !chat(["parallel_tool_calls": false]).parallelToolCalls)
        #expect(faultOf(["parallel_tool_calls": 1]) == .invalid("parallel_tool_calls"))
    }

    // MARK: How to answer

    @Test func `a format needs a model that keeps to it, unless it is text`() throws {
        #expect(try chat(["response_format": ["type": "text"]]).responseFormat == .text)
        #expect(faultOf(["response_format": ["type": "json_object"]]) == .unsupported("response_format"))
        #expect(try chat(["response_format": ["type": "json_object"]], .responseFormat).responseFormat == .jsonObject)
    }

    @Test func `the effort of reasoning is any word of at most 64 bytes`() throws {
        for word in ["none", "minimal", "low", "medium", "high", "xhigh", String(repeating: "x", count: 64)] {
            #expect(try chat(["reasoning_effort": .string(word)]).reasoningEffort == word)
        }
        for value in [1, "", .string(String(repeating: "x", count: 65)), ["low"]] as [JSONValue] {
            #expect(faultOf(["reasoning_effort": value]) == .invalid("reasoning_effort"))
        }
    }

    @Test func `variables for the template are an object`() throws {
        #expect(try chat(["chat_template_kwargs": ["a": 1]]).chatTemplateKwargs == ["a": 1])
        for value in [1, "x", []] as [JSONValue] {
            #expect(faultOf(["chat_template_kwargs": value]) == .invalid("chat_template_kwargs"))
        }
    }

    // MARK: The last message

    /// Whether the answer goes on with the last message, and whether the prompt opens a new one.
    private func ending(_ last: JSONValue, _ fields: JSONObject) throws -> [Bool] {
        var fields = fields
        fields["messages"] = [["role": "user", "content": "Hi"], last]
        let request = try chat(fields)
        return [request.continuesFinalMessage, request.addsGenerationPrompt]
    }

    private let prefill: JSONValue = ["role": "assistant", "content": "Once"]

    @Test func `an answer goes on with an assistant's last words, unless the client says otherwise`() throws {
        #expect(try ending(prefill, [:]) == [true, false])
        #expect(
            try ending(prefill, ["continue_final_message": .null, "add_generation_prompt": .null]) == [true, false])
        #expect(try ending(prefill, ["continue_final_message": true]) == [true, false])
        #expect(
            try ending(prefill, ["continue_final_message": true, "add_generation_prompt": false]) == [true, false])
        #expect(try ending(prefill, ["continue_final_message": false]) == [false, true])
        #expect(try ending(prefill, ["add_generation_prompt": true]) == [false, true])
        #expect(try ending(prefill, ["add_generation_prompt": false]) == [false, false])
    }

    @Test func `an answer to anyone else is a message of its own`() throws {
        let call: JSONValue = ["id": "c", "type": "function", "function": ["name": "f", "arguments": "{}"]]
        for last in [
            ["role": "user", "content": "x"], ["role": "tool", "tool_call_id": "c", "content": "x"],
            ["role": "assistant", "tool_calls": [call]],
        ] as [JSONValue] {
            #expect(try ending(last, [:]) == [false, true])
            #expect(try ending(last, ["add_generation_prompt": false]) == [false, false])
            let error = #expect(throws: OpenAIError.self) { try ending(last, ["continue_final_message": true]) }
            #expect(error?.param == "continue_final_message")
            #expect(error?.code == "invalid_value")
        }
    }

    @Test func `an answer cannot both go on and begin`() {
        for fields in [
            ["continue_final_message": true, "add_generation_prompt": true],
            ["add_generation_prompt": true, "continue_final_message": true],
        ] as [JSONObject] {
            let error = #expect(throws: OpenAIError.self) { try ending(prefill, fields) }
            #expect(error?.param == "add_generation_prompt")
            #expect(error?.code == "invalid_value")
        }
        #expect(faultOf(["continue_final_message": 1]) == .invalid("continue_final_message"))
        #expect(faultOf(["add_generation_prompt": "no"]) == .invalid("add_generation_prompt"))
    }
}
