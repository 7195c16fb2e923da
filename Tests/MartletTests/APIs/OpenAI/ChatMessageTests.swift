import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ChatMessageTests {
    private func fault(_ value: JSONValue, _ capabilities: Capabilities = []) -> Fault? {
        MartletTests.fault { () throws(OpenAIError) in try message(value, capabilities) }
    }

    @Test(
        arguments: [
            ("system", .system), ("developer", .system), ("user", .user), ("assistant", .assistant), ("tool", .tool),
        ] as [(String, ChatRole)])
    func `every role is decoded, developer as system`(name: String, role: ChatRole) throws {
        let read = try message(["role": .string(name), "content": "x", "tool_call_id": "c1"])
        #expect(read.role == role)
        #expect(read.text == "x")
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

    @Test(arguments: [[:], ["content": .null], ["content": []]] as [JSONObject])
    func `only an assistant message with calls, reasoning or a refusal may lack content`(content: JSONObject) throws {
        func messageJSON(_ more: JSONObject) -> JSONValue {
            var message = content
            for (name, value) in more { message[name] = value }
            return .object(message)
        }
        let calls: JSONValue = [["id": "c1", "type": "function", "function": ["name": "f", "arguments": "{}"]]]
        #expect(try message(messageJSON(["role": "assistant", "tool_calls": calls])).content.isEmpty)
        #expect(try message(messageJSON(["role": "assistant", "reasoning_content": "Hm."])).content.isEmpty)
        let refused = try message(messageJSON(["role": "assistant", "refusal": "No."]))
        #expect(refused.content.map(\.kind) == [.refusal])
        #expect(refused.content.first?.text == "No.")

        let isEmpty = content["content"] == []
        let expected: Fault = isEmpty ? .invalid("messages[0].content") : .missing("messages[0].content")
        #expect(fault(messageJSON(["role": "assistant"])) == expected)
        #expect(fault(messageJSON(["role": "assistant", "tool_calls": []])) == expected)
        for role in ["system", "developer", "user", "tool"] as [JSONValue] {
            #expect(fault(messageJSON(["role": role, "tool_call_id": "c1"])) == expected)
        }
    }

    @Test func `content of any other type is refused`() {
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

    @Test func `a refusal part belongs to the assistant, and is not part of the text`() throws {
        let content: JSONValue = [["type": "text", "text": "a"], ["type": "refusal", "refusal": "no"]]
        let read = try message(["role": "assistant", "content": content])
        #expect(read.text == "a")
        #expect(read.content.last?.kind == .refusal)
        #expect(read.content.last?.text == "no")
        #expect(fault(["role": "user", "content": content]) == .invalid("messages[0].content[1].type"))
    }

    @Test(
        arguments: [
            ("image_url", ["url": "data:image/png;base64,AA=="], .images),
            ("input_audio", ["data": "AA==", "format": "wav"], .audio), ("file", ["file_id": "f1"], .files),
        ] as [(String, JSONValue, Capabilities)])
    func `images, audio and files need the capability`(
        type: String, payload: JSONValue, capability: Capabilities
    ) throws {
        let part: JSONObject = ["type": .string(type), type: payload]
        let value: JSONValue = ["role": "user", "content": [.object(part)]]
        let others = Capabilities([.images, .audio, .files]).subtracting(capability)
        #expect(fault(value, others) == .unsupported("messages[0].content[0].type"))
        let read = try message(value, capability)
        #expect(read.content.first?.kind.rawValue == type)
        #expect(read.content.first?.json == part)
        #expect(read.text.isEmpty)
    }

    @Test func `an accepted part contains the payload of its type`() {
        func part(_ part: JSONValue) -> Fault? {
            fault(["role": "user", "content": [part]], [.images, .audio, .files])
        }
        let path = "messages[0].content[0]"
        for type in ["image_url", "input_audio", "file"] {
            #expect(part(["type": .string(type)]) == .missing("\(path).\(type)"))
            #expect(part(.object(["type": .string(type), type: "x"])) == .invalid("\(path).\(type)"))
        }
        #expect(part(["type": "image_url", "image_url": [:]]) == .missing("\(path).image_url.url"))
        #expect(part(["type": "image_url", "image_url": ["url": 1]]) == .invalid("\(path).image_url.url"))
        #expect(
            part(["type": "input_audio", "input_audio": ["format": "wav"]]) == .missing("\(path).input_audio.data"))
        #expect(part(["type": "input_audio", "input_audio": ["data": ""]]) == .missing("\(path).input_audio.format"))
    }

    @Test func `names, call ids and tool calls are decoded unchanged`() throws {
        let calls: JSONValue = [["id": "c1", "type": "function", "function": ["name": "f", "arguments": "{}"]]]
        let assistant = try message(["role": "assistant", "name": "amy", "tool_calls": calls])
        #expect(assistant.name == "amy")
        #expect(assistant.toolCalls == [ToolCall(id: "c1", name: "f", arguments: "{}")])
        #expect(try message(["role": "tool", "tool_call_id": "c1", "content": "4"]).toolCallID == "c1")
    }

    @Test func `names, call ids and tool calls of another type are refused`() {
        #expect(fault(["role": "user", "content": "x", "name": 1]) == .invalid("messages[0].name"))
        #expect(fault(["role": "tool", "content": "x", "tool_call_id": 1]) == .invalid("messages[0].tool_call_id"))
        #expect(fault(["role": "tool", "content": "x"]) == .missing("messages[0].tool_call_id"))
        #expect(fault(["role": "tool", "content": "x", "tool_call_id": .null]) == .missing("messages[0].tool_call_id"))
        #expect(fault(["role": "assistant", "tool_calls": [:]]) == .invalid("messages[0].tool_calls"))
        #expect(fault(["role": "assistant", "tool_calls": [1]]) == .invalid("messages[0].tool_calls[0]"))
    }

    @Test func `tool calls in another role's message are refused`() {
        let calls: JSONValue = [["id": "c1", "type": "function", "function": ["name": "f", "arguments": "{}"]]]
        #expect(fault(["role": "user", "content": "x", "tool_calls": calls]) == .invalid("messages[0].tool_calls"))
        #expect(fault(["role": "user", "content": "x", "tool_calls": []]) == nil)
    }

    @Test(arguments: ["reasoning_content", "reasoning"])
    func `reasoning is decoded under both of its names`(name: String) throws {
        let read = try message(["role": "assistant", "content": "4", name: "2 and 2"])
        #expect(read.reasoning == "2 and 2")
        #expect(read.text == "4")
        #expect(try message(["role": "assistant", "content": "4", name: .null]).reasoning == nil)
        #expect(try message(["role": "user", "content": "4", name: "x"]).reasoning == nil)
        #expect(fault(["role": "assistant", "content": "4", name: 1]) == .invalid("messages[0].\(name)"))
    }

    @Test(arguments: ["function_call", "audio"])
    func `unsupported members of a message are refused`(name: String) {
        #expect(fault(["role": "assistant", "content": "", name: ["x": 1]]) == .unsupported("messages[0].\(name)"))
        #expect(fault(["role": "assistant", "content": "", name: .null]) == nil)
    }
}
