import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ChatRequestTests {
    @Test func `max_completion_tokens takes precedence over max_tokens`() throws {
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

    @Test func `max_tokens is validated even if it has no effect`() {
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
    func `messages are a non-empty array`(value: JSONValue) {
        #expect(fault { () throws(OpenAIError) in try chat(["messages": value]) } == .invalid("messages"))
    }

    @Test func `the whole body is available`() throws {
        let request = try chat(["my_field": ["a": 1], "max_token": 3])
        #expect(request.body["my_field"] == ["a": 1])
        #expect(request.body["max_token"] == 3)
    }

    @Test func `lastUserText is the text of the last user message`() throws {
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

    @Test func `an error in a later message has its path`() {
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

    @Test func `log-probabilities need the capability`() {
        #expect(faultOf(["logprobs": true]) == .unsupported("logprobs"))
        #expect(faultOf(["logprobs": true, "top_logprobs": 3]) == .unsupported("logprobs"))
    }

    // MARK: Tools

    private let tools: JSONValue = [["type": "function", "function": ["name": "f"]]]

    @Test func `tools need the capability`() throws {
        #expect(faultOf(["tools": tools]) == .unsupported("tools"))
        #expect(try chat(["tools": tools], .tools).tools == [ToolDefinition(name: "f")])
        #expect(try chat(["tools": []]).tools.isEmpty)
    }

    @Test func `tool_choice defaults to auto`() throws {
        #expect(try chat(["tools": tools], .tools).toolChoice == .auto)
        #expect(try chat(["tools": tools, "tool_choice": "none"], .tools).toolChoice == .none)
        #expect(try chat(["tool_choice": "auto", "tools": tools], .tools).toolChoice == .auto)
    }

    @Test(arguments: ["required", ["type": "function", "function": ["name": "f"]]] as [JSONValue])
    func `a required call needs the capability`(choice: JSONValue) throws {
        let fields: JSONObject = ["tools": tools, "tool_choice": choice]
        #expect(faultOf(fields, .tools) == .unsupported("tool_choice"))
        #expect(faultOf(fields, [.tools, .toolChoice]) == nil)
        let error = #expect(throws: OpenAIError.self) { try chat(fields, .tools) }
        #expect(error?.message.contains(#"`"auto"` or `"none"`"#) == true)
    }

    @Test func `tool_choice needs tools`() throws {
        for choice in ["auto", "required", ["type": "function", "function": ["name": "f"]]] as [JSONValue] {
            for tools in [.null, []] as [JSONValue] {
                #expect(
                    faultOf(["tools": tools, "tool_choice": choice], [.tools, .toolChoice]) == .invalid("tool_choice"))
            }
        }
        #expect(try chat(["tool_choice": "none"]).toolChoice == .none)
    }

    @Test func `the function of tool_choice is one of the tools`() {
        let choice: JSONValue = ["type": "function", "function": ["name": "g"]]
        #expect(faultOf(["tools": tools, "tool_choice": choice], [.tools, .toolChoice]) == .invalid("tool_choice"))
    }

    @Test func `the client decides about parallel tool calls`() throws {
        #expect(try chat().parallelToolCalls)
        #expect(try !chat(["parallel_tool_calls": false]).parallelToolCalls)
        #expect(faultOf(["parallel_tool_calls": 1]) == .invalid("parallel_tool_calls"))
    }

    // MARK: The reply

    @Test func `a response format other than text needs the capability`() throws {
        #expect(try chat(["response_format": ["type": "text"]]).structuredOutput == nil)
        #expect(faultOf(["response_format": ["type": "json_object"]]) == .unsupported("response_format"))
        #expect(
            try chat(["response_format": ["type": "json_object"]], .responseFormat).structuredOutput?.source
                == .jsonObject)
    }

    @Test func `reasoning_effort is any string of 1 to 64 bytes`() throws {
        for word in ["none", "minimal", "low", "medium", "high", "xhigh", String(repeating: "x", count: 64)] {
            #expect(try chat(["reasoning_effort": .string(word)]).reasoningEffort == word)
        }
        for value in [1, "", .string(String(repeating: "x", count: 65)), ["low"]] as [JSONValue] {
            #expect(faultOf(["reasoning_effort": value]) == .invalid("reasoning_effort"))
        }
    }

    @Test func `chat_template_kwargs are an object`() throws {
        #expect(try chat(["chat_template_kwargs": ["a": 1]]).chatTemplateKwargs == ["a": 1])
        for value in [1, "x", []] as [JSONValue] {
            #expect(faultOf(["chat_template_kwargs": value]) == .invalid("chat_template_kwargs"))
        }
    }

    // MARK: The last message

    /// Whether the generation continues the last message, and whether the prompt starts a new one.
    private func ending(_ last: JSONValue, _ fields: JSONObject) throws -> [Bool] {
        var fields = fields
        fields["messages"] = [["role": "user", "content": "Hi"], last]
        let request = try chat(fields)
        return [request.continuesFinalMessage, request.addsGenerationPrompt]
    }

    private let prefill: JSONValue = ["role": "assistant", "content": "Once"]

    @Test func `a generation continues a final assistant message, unless the client says otherwise`() throws {
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

    @Test func `a generation after any other message is a new message`() throws {
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

    @Test func `a generation cannot both continue a message and start one`() {
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
