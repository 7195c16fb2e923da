import MartletJSON
import MartletOpenAI
import Testing

struct ChatMessageTests {
    private func fault(_ value: JSONValue, _ capabilities: Capabilities = []) -> Fault? {
        MartletOpenAITests.fault { () throws(OpenAIError) in try message(value, capabilities) }
    }

    @Test(
        arguments: [
            ("system", .system), ("developer", .system), ("user", .user), ("assistant", .assistant), ("tool", .tool),
        ] as [(String, ChatRole)])
    func `every role is read, developer as system`(name: String, role: ChatRole) throws {
        let read = try message(["role": .string(name), "content": "x", "tool_call_id": "c"])
        #expect(read == ChatMessage(role: role, content: [.text("x")], toolCallID: "c"))
    }

    @Test func `a role is required and one of OpenAI's`() {
        #expect(fault(["content": "x"]) == .missing("messages[0].role"))
        #expect(fault(["role": .null, "content": "x"]) == .missing("messages[0].role"))
        for value in ["User", "", "bot", 1, []] as [JSONValue] {
            #expect(fault(["role": value, "content": "x"]) == .invalid("messages[0].role"))
        }
    }

    @Test func `the deprecated function role is refused with what to use instead`() {
        let error = #expect(throws: OpenAIError.self) { try message(["role": "function", "content": "x"]) }
        #expect(error?.param == "messages[0].role")
        #expect(error?.code == "invalid_value")
        #expect(error?.message.contains("\"tool\"") == true)
    }

    @Test(arguments: ["x", 1, .null, []] as [JSONValue])
    func `a message is an object`(value: JSONValue) {
        #expect(fault(value) == .invalid("messages[0]"))
    }

    @Test func `content is a string or text parts`() throws {
        #expect(try message(["role": "user", "content": ""]).content == [.text("")])
        let parts: JSONValue = [["type": "text", "text": "a"], ["type": "text", "text": "b"]]
        let read = try message(["role": "user", "content": parts])
        #expect(read.content == [.text("a"), .text("b")])
        #expect(read.text == "ab")
    }

    @Test func `content may be missing for an assistant only`() throws {
        #expect(try message(["role": "assistant"]).content.isEmpty)
        #expect(try message(["role": "assistant", "content": .null]).content.isEmpty)
        #expect(try message(["role": "assistant", "content": []]).content.isEmpty)
        for role in ["system", "developer", "user", "tool"] as [JSONValue] {
            #expect(fault(["role": role]) == .missing("messages[0].content"))
            #expect(fault(["role": role, "content": .null]) == .missing("messages[0].content"))
            #expect(fault(["role": role, "content": []]) == .invalid("messages[0].content"))
        }
    }

    @Test func `content of another type is refused`() {
        for value in [1, true, [:]] as [JSONValue] {
            #expect(fault(["role": "user", "content": value]) == .invalid("messages[0].content"))
        }
        #expect(fault(["role": "user", "content": ["x"]]) == .invalid("messages[0].content[0]"))
    }

    @Test func `a part has a known type and its text`() {
        func part(_ part: JSONValue) -> Fault? {
            fault(["role": "user", "content": [["type": "text", "text": "a"], part]])
        }
        #expect(part([:]) == .missing("messages[0].content[1].type"))
        #expect(part(["type": 1]) == .invalid("messages[0].content[1].type"))
        #expect(part(["type": "input_text"]) == .invalid("messages[0].content[1].type"))
        #expect(part(["type": "text"]) == .missing("messages[0].content[1].text"))
        #expect(part(["type": "text", "text": 1]) == .invalid("messages[0].content[1].text"))
    }

    @Test func `a refusal part is the assistant's and is not its text`() throws {
        let content: JSONValue = [["type": "text", "text": "a"], ["type": "refusal", "refusal": "no"]]
        let read = try message(["role": "assistant", "content": content])
        #expect(read.text == "a")
        #expect(read.content.last?.kind == .refusal)
        #expect(read.content.last?.text == "no")
        #expect(fault(["role": "user", "content": content]) == .invalid("messages[0].content[1].type"))
    }

    @Test(
        arguments: [("image_url", .images), ("input_audio", .audio), ("file", nil)] as [(String, Capabilities?)])
    func `other parts need a model that takes them`(type: String, capability: Capabilities?) throws {
        let part: JSONValue = ["type": .string(type), type: ["x": 1]]
        let value: JSONValue = ["role": "user", "content": [part]]
        #expect(fault(value) == .unsupported("messages[0].content[0].type"))
        if let capability {
            let read = try message(value, capability)
            #expect(read.content.first?.kind.rawValue == type)
            #expect(read.content.first?.json == part.object)
            #expect(read.text.isEmpty)
        } else {
            #expect(fault(value, [.images, .audio]) == .unsupported("messages[0].content[0].type"))
        }
    }

    @Test func `names, call ids and tool calls are kept as they came`() throws {
        let calls: JSONValue = [["id": "c1", "type": "function", "function": ["name": "f", "arguments": "{}"]]]
        let assistant = try message(["role": "assistant", "name": "amy", "tool_calls": calls])
        #expect(assistant.name == "amy")
        #expect(assistant.toolCalls == [ToolCall(id: "c1", name: "f", arguments: "{}")])
        #expect(try message(["role": "tool", "tool_call_id": "c1", "content": "4"]).toolCallID == "c1")
    }

    @Test func `names, call ids and tool calls of another type are refused`() {
        #expect(fault(["role": "user", "content": "x", "name": 1]) == .invalid("messages[0].name"))
        #expect(fault(["role": "tool", "content": "x", "tool_call_id": 1]) == .invalid("messages[0].tool_call_id"))
        #expect(fault(["role": "assistant", "tool_calls": [:]]) == .invalid("messages[0].tool_calls"))
        #expect(fault(["role": "assistant", "tool_calls": [1]]) == .invalid("messages[0].tool_calls[0]"))
    }

    @Test(arguments: ["function_call", "audio"])
    func `what a message means beyond that is refused`(name: String) {
        #expect(fault(["role": "assistant", name: ["x": 1]]) == .unsupported("messages[0].\(name)"))
        #expect(fault(["role": "assistant", name: .null]) == nil)
    }

    @Test func `a tool message says which call it answers`() {
        #expect(fault(["role": "tool", "content": "4"]) == .missing("messages[0].tool_call_id"))
    }

    @Test func `thoughts that a client sends back are read under both names`() throws {
        for name in ["reasoning_content", "reasoning"] {
            #expect(try message(["role": "assistant", "content": "x", name: "hm"]).reasoning == "hm")
        }
    }

    @Test(
        arguments: [
            ([["id": 1, "function": ["name": "f", "arguments": ""]]], .invalid("messages[0].tool_calls[0].id")),
            ([["id": "c"]], .missing("messages[0].tool_calls[0].function")),
            ([["id": "c", "type": "x"]], .invalid("messages[0].tool_calls[0].type")),
            (
                [["id": "c", "function": ["name": "f", "arguments": [:]]]],
                .invalid("messages[0].tool_calls[0].function.arguments")
            ),
        ] as [(JSONValue, Fault)])
    func `a malformed tool call is refused by its path`(calls: JSONValue, expected: Fault) {
        #expect(fault(["role": "assistant", "tool_calls": calls]) == expected)
    }
}
