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

    @Test func `custom tools cannot be chosen`() {
        #expect(fault(["type": "custom", "custom": ["name": "f"]]) == .unsupported("tool_choice"))
    }

    // MARK: Allowed tools

    private static let both: JSONValue = [
        ["type": "function", "function": ["name": "f"]], ["type": "function", "function": ["name": "g"]],
    ]
    private static let onlyF: JSONValue = [["type": "function", "function": ["name": "f"]]]

    @Test(arguments: ["auto", "required"])
    func `allowed tools are some of the tools and a mode, nested or not`(mode: String) throws {
        let allowance: JSONObject = ["mode": .string(mode), "tools": Self.onlyF]
        let flat: JSONValue = [
            "type": "allowed_tools", "mode": .string(mode), "tools": [["type": "function", "name": "f"]],
        ]
        for choice in [["type": "allowed_tools", "allowed_tools": .object(allowance)], flat] as [JSONValue] {
            // In both orders: the tools may be decoded later.
            for fields in [
                ["tools": Self.both, "tool_choice": choice], ["tool_choice": choice, "tools": Self.both],
            ] as [JSONObject] {
                let request = try chat(fields, [.tools, .toolChoice])
                #expect(request.toolChoice == (mode == "auto" ? .auto : .required))
                #expect(request.allowedTools == ["f"])
                #expect(request.tools.map(\.name) == ["f", "g"])
                #expect(request.callableTools.map(\.name) == ["f"])
                let refused = MartletTests.fault { () throws(OpenAIError) in try chat(fields, .tools) }
                #expect(refused == .unsupported("tool_choice"))
            }
        }
    }

    @Test func `invalid allowed tools are a 400 with their path`() {
        func allowed(_ allowance: JSONValue) -> Fault? {
            fault(["type": "allowed_tools", "allowed_tools": allowance])
        }
        #expect(fault(["type": "allowed_tools"]) == .missing("tool_choice.allowed_tools"))
        #expect(allowed("f") == .invalid("tool_choice.allowed_tools"))
        #expect(allowed(["tools": Self.onlyF]) == .missing("tool_choice.allowed_tools.mode"))
        #expect(allowed(["mode": "none", "tools": Self.onlyF]) == .invalid("tool_choice.allowed_tools.mode"))
        #expect(allowed(["mode": "auto"]) == .missing("tool_choice.allowed_tools.tools"))
        for tools in [[], "f", [:]] as [JSONValue] {
            #expect(allowed(["mode": "auto", "tools": tools]) == .invalid("tool_choice.allowed_tools.tools"))
        }
        func tool(_ tool: JSONValue) -> Fault? { allowed(["mode": "auto", "tools": [tool]]) }
        let path = "tool_choice.allowed_tools.tools[0]"
        #expect(tool("f") == .invalid(path))
        #expect(tool([:]) == .missing("\(path).type"))
        #expect(tool(["type": "mcp"]) == .invalid("\(path).type"))
        #expect(tool(["type": "function"]) == .missing("\(path).name"))
        #expect(tool(["type": "function", "function": 1]) == .invalid("\(path).function"))
        #expect(tool(["type": "function", "function": ["name": 1]]) == .invalid("\(path).function.name"))
        #expect(tool(["type": "function", "function": ["name": "g"]]) == .invalid("\(path).function.name"))
        #expect(fault(["type": "allowed_tools", "mode": "auto"]) == .missing("tool_choice.tools"))
    }
}
