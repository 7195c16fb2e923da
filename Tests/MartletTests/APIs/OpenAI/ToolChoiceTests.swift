import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ToolChoiceTests {
    private func choice(_ value: JSONValue) throws(OpenAIError) -> ToolChoice {
        let tools: JSONValue = [["type": "function", "function": ["name": "f"]]]
        return try chat(["tools": tools, "tool_choice": value], [.tools, .toolChoice]).toolChoice
    }

    private func fault(_ value: JSONValue) -> Fault? {
        MartletTests.fault { () throws(OpenAIError) in try choice(value) }
    }

    @Test func `a tool choice is a mode or a function`() throws {
        #expect(try choice("none") == .none)
        #expect(try choice("auto") == .auto)
        #expect(try choice("required") == .required)
        #expect(try choice(["type": "function", "function": ["name": "f"]]) == .function("f"))
        #expect(try choice(.null) == .auto)
    }

    @Test func `an invalid tool choice is a 400 with its path`() {
        for value in ["any", "", 1, true, []] as [JSONValue] { #expect(fault(value) == .invalid("tool_choice")) }
        #expect(fault([:]) == .missing("tool_choice.type"))
        #expect(fault(["type": "tool"]) == .invalid("tool_choice.type"))
        #expect(fault(["type": "function"]) == .missing("tool_choice.function"))
        #expect(fault(["type": "function", "function": "f"]) == .invalid("tool_choice.function"))
        #expect(fault(["type": "function", "function": [:]]) == .missing("tool_choice.function.name"))
        #expect(fault(["type": "function", "function": ["name": 1]]) == .invalid("tool_choice.function.name"))
    }

    @Test(arguments: ["allowed_tools", "custom"])
    func `OpenAI's other tool choices are refused as unsupported`(type: String) {
        #expect(fault(["type": .string(type), type: ["mode": "auto"]]) == .unsupported("tool_choice"))
    }
}
