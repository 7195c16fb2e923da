import MartletJSON
import MartletOpenAI
import MartletTestSupport
import Testing

@testable import Martlet

/// The messages, tools and options that a backend gets.
struct ResponseInputTests {
    private func request(_ body: JSONObject) throws -> ResponseRequest {
        try ResponseRequest(
            decoding: body, model: "m",
            capabilities: [.tools, .toolChoice, .responseFormat, .logprobs, .images, .files])
    }

    private func messages(text: String) throws -> [ChatMessage] { try messages(JSONValue(parsing: Array(text.utf8))) }

    private func messages(_ items: JSONValue, _ more: JSONObject = [:]) throws -> [ChatMessage] {
        var body = more
        body["input"] = items
        return try request(body).chat.messages
    }

    @Test func `a text is a user's message, after the instructions`() throws {
        #expect(try messages("Hi") == [.user("Hi")])
        #expect(try messages("Hi", ["instructions": "Be brief."]) == [.system("Be brief."), .user("Hi")])
        #expect(try messages("Hi", ["instructions": .null]) == [.user("Hi")])
    }

    @Test func `messages need no type, and developers are the system`() throws {
        let messages = try messages(
            text: #"""
                [{"role":"developer","content":"a"},{"role":"system","type":"message","content":"b"},
                {"role":"user","content":[{"type":"input_text","text":"c"},{"type":"input_text","text":"d"}]},
                {"type":"message","role":"assistant","id":"msg_1","status":"completed",
                "content":[{"type":"output_text","text":"e","annotations":[],"logprobs":[]}]},
                {"role":"assistant","content":[{"type":"refusal","refusal":"No."}]}]
                """#)
        #expect(messages.map(\.role) == [.system, .system, .user, .assistant, .assistant])
        #expect(messages.map(\.text) == ["a", "b", "cd", "e", ""])
        #expect(messages.last?.content == [.refusal("No.")])
    }

    @Test func `images and files are parts of chat completions`() throws {
        let parts = try messages(
            text: #"""
                [{"role":"user","content":[
                {"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"low"},
                {"type":"input_file","filename":"a.pdf","file_data":"data:,"},{"type":"input_file","file_id":"file-1"}]}]
                """#)[0].content.map(\.json)
        #expect(
            parts == [
                ["type": "image_url", "image_url": ["url": "data:image/png;base64,AA==", "detail": "low"]],
                ["type": "file", "file": ["file_data": "data:,", "filename": "a.pdf"]],
                ["type": "file", "file": ["file_id": "file-1"]],
            ])
    }

    @Test func `the items of a turn become one message of the assistant`() throws {
        let messages = try messages(
            text: #"""
                [{"role":"user","content":"Hi"},
                {"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},
                {"role":"assistant","content":"Let me see."},
                {"type":"function_call","id":"fc_1","call_id":"a","name":"f","arguments":"{}","status":"completed"},
                {"type":"function_call","call_id":"b","name":"f","arguments":"{}"},
                {"type":"web_search_call","id":"ws_1","status":"completed"},
                {"type":"reasoning","id":"rs_2","summary":[{"type":"summary_text","text":"so"}],"encrypted_content":null},
                {"type":"function_call_output","call_id":"a","output":"1"},
                {"type":"function_call_output","call_id":"b","output":[{"type":"input_text","text":"2"}]},
                {"type":"custom_tool_call","call_id":"c","name":"g","input":"a \"b\""},
                {"type":"custom_tool_call_output","call_id":"c","output":"3"},
                {"role":"assistant","content":"Done."},{"role":"assistant","content":"Really."}]
                """#)
        #expect(messages.map(\.role) == [.user, .assistant, .tool, .tool, .assistant, .tool, .assistant, .assistant])
        #expect(messages[1].text == "Let me see.")
        #expect(messages[1].reasoning == "hm\n\nso")
        #expect(messages[1].toolCalls.map(\.id) == ["a", "b"])
        #expect(messages[2...3].map(\.toolCallID) == ["a", "b"])
        #expect(messages[2...3].map(\.text) == ["1", "2"])
        #expect(messages[4].toolCalls == [ToolCall(id: "c", name: "g", arguments: #"{"input":"a \"b\""}"#)])
        #expect(messages[6...].map(\.text) == ["Done.", "Really."])
    }

    @Test func `a thought without an answer stays with the assistant`() throws {
        let thought: JSONValue = ["type": "reasoning", "summary": [["type": "summary_text", "text": "hm"]]]
        let messages = try messages([["role": "user", "content": "a"], thought, ["role": "user", "content": "b"]])
        #expect(messages.map(\.role) == [.user, .assistant, .user])
        #expect(messages[1].reasoning == "hm")
        #expect(try self.messages([["role": "user", "content": "a"], thought]).last?.reasoning == "hm")
    }

    @Test(arguments: ["", "hm", "é😀\n\u{0}", String(repeating: "x", count: 10_000)])
    func `encrypted content restores the thought, whatever else the item has`(thought: String) throws {
        let sealed = ResponseReasoning.encrypted(Array(thought.utf8))
        let messages = try messages([
            [
                "type": "reasoning", "id": "rs_1", "summary": [["type": "summary_text", "text": "other"]],
                "encrypted_content": .string(sealed),
            ], ["role": "assistant", "content": "a"],
        ])
        #expect(messages.map(\.reasoning) == [thought])
    }

    @Test func `custom tools are functions with one text, and others are left out`() throws {
        let body = #"""
            {"input":"Hi","tools":[{"type":"function","name":"f","parameters":{"type":"object"}},{"type":"web_search"},
            {"type":"custom","name":"c","description":"Runs.","format":{"type":"text"}},
            {"type":"namespace","name":"n","tools":[]},{"type":"web_search"},
            {"type":"custom","name":"r","format":{"type":"grammar","syntax":"regex","definition":"a|b"}},
            {"type":"custom","name":"l","format":{"type":"grammar","syntax":"lark","definition":"start: A"}},
            {"type":"odd\r\nname: x"}]}
            """#
        let tools = try request(try #require(try JSONValue(parsing: Array(body.utf8)).object))
        #expect(tools.chat.tools.map(\.name) == ["f", "c", "r", "l"])
        #expect(tools.chat.toolParameterNames == ["tools[0].parameters"] + [2, 5, 6].map { "tools[\($0)].format" })
        #expect(tools.tools.customNames == ["c", "r", "l"])
        #expect(tools.tools.ignored == ["web_search", "namespace", "odd\r\nname: x"])
        #expect(
            tools.chat.tools[1].parameters == [
                "type": "object", "properties": ["input": ["type": "string"]], "required": ["input"],
                "additionalProperties": false,
            ])
        #expect(tools.chat.tools[2].parameters?["properties"]?["input"]?["pattern"] == "^(?:a|b)$")
        #expect(tools.chat.tools[3].description == "The input must follow this Lark grammar:\nstart: A")
        #expect(tools.tools.json.count == 4)
    }

    @Test func `the choice of tools has all forms`() throws {
        func choice(_ value: JSONValue) throws -> ChatRequest {
            let tools: JSONValue = [["type": "function", "name": "f"], ["type": "custom", "name": "c"]]
            return try request(["input": "Hi", "tools": tools, "tool_choice": value]).chat
        }
        #expect(try choice("none").toolChoice == ToolChoice.none)
        #expect(try choice("auto").toolChoice == .auto)
        #expect(try choice("required").toolChoice == .required)
        #expect(try choice(["type": "function", "name": "f"]).toolChoice == .function("f"))
        #expect(try choice(["type": "custom", "name": "c"]).toolChoice == .function("c"))
        let allowed = try choice([
            "type": "allowed_tools", "mode": "required",
            "tools": [["type": "custom", "name": "c"], ["type": "web_search"]],
        ])
        #expect(allowed.toolChoice == .required)
        #expect(allowed.allowedTools == ["c"])
        #expect(try request(["input": "Hi", "tool_choice": "auto", "tools": []]).chat.toolChoice == .auto)
    }

    @Test func `options become those of a chat, and the final message is no beginning of the reply`() throws {
        let body = #"""
            {"input":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"temperature":0,"top_p":0.5,"seed":7,
            "stop":"x","max_output_tokens":1,"parallel_tool_calls":false,"reasoning":{"effort":"high","summary":"auto"},
            "include":["message.output_text.logprobs"],
            "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}},"verbosity":"low"}}
            """#
        let chat = try request(try #require(try JSONValue(parsing: Array(body.utf8)).object)).chat
        #expect(chat.sampling.temperature == 0)
        #expect(chat.sampling.topP == 0.5)
        #expect(chat.sampling.seed == 7)
        #expect(chat.stop == ["x"])
        #expect(chat.maxTokens == 1)
        #expect(!chat.parallelToolCalls)
        #expect(chat.reasoningEffort == "high")
        #expect(chat.topLogprobs == 0)
        #expect(chat.structuredOutput?.source == .jsonSchema(["type": "object"]))
        #expect(chat.structuredOutput?.param == "text.format")
        #expect(!chat.continuesFinalMessage && chat.addsGenerationPrompt)
        #expect(
            chat.body == [
                "temperature": 0, "top_p": 0.5, "parallel_tool_calls": false, "verbosity": "low",
                "response_format": [
                    "type": "json_schema", "json_schema": ["name": "n", "schema": ["type": "object"]],
                ],
            ])
    }
}
