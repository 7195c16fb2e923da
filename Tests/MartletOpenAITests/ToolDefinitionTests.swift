import MartletJSON
import MartletOpenAI
import Testing

struct ToolDefinitionTests {
    private let tool: JSONValue = [
        "type": "function",
        "function": ["name": "f", "description": "d", "parameters": ["type": "object"], "strict": true],
    ]

    private func chatFault(_ fields: JSONObject, _ capabilities: Capabilities = .tools) -> Fault? {
        fault { () throws(OpenAIError) in try chat(fields, capabilities) }
    }

    @Test func `a tool arrives with all it has`() throws {
        let request = try chat(["tools": [tool], "parallel_tool_calls": false], .tools)
        #expect(
            request.tools == [
                ToolDefinition(name: "f", description: "d", parameters: ["type": "object"], isStrict: true)
            ])
        #expect(request.toolChoice == .auto)
        #expect(!request.parallelToolCalls)
    }

    @Test(
        arguments: [
            (1, "tools"), ("x", "tools"), ([1], "tools[0]"), ([["type": "x"]], "tools[0].type"),
            ([["type": "function", "function": 1]], "tools[0].function"),
            ([["type": "function", "function": ["name": ""]]], "tools[0].function.name"),
            ([["type": "function", "function": ["name": "a b"]]], "tools[0].function.name"),
            ([["type": "function", "function": ["name": "f", "parameters": 1]]], "tools[0].function.parameters"),
            ([["type": "function", "function": ["name": "f", "strict": 1]]], "tools[0].function.strict"),
        ] as [(JSONValue, String)])
    func `a malformed tool is refused by its path`(value: JSONValue, path: String) {
        #expect(chatFault(["tools": value]) == .invalid(path))
    }

    @Test(
        arguments: [
            ([[:]], "tools[0].type"), ([["type": "function"]], "tools[0].function"),
            ([["type": "function", "function": [:]]], "tools[0].function.name"),
        ] as [(JSONValue, String)])
    func `an incomplete tool is refused by what it lacks`(value: JSONValue, path: String) {
        #expect(chatFault(["tools": value]) == .missing(path))
    }

    @Test func `names are unique and tools at most 128`() {
        #expect(chatFault(["tools": [tool, tool]]) == .invalid("tools[1].function.name"))
        #expect(chatFault(["tools": .array(Array(repeating: tool, count: 129))]) == .invalid("tools"))
    }

    @Test func `a choice without tools to choose from is refused`() {
        for value in ["auto", "required", ["type": "function", "function": ["name": "f"]]] as [JSONValue] {
            #expect(chatFault(["tool_choice": value]) == .invalid("tool_choice"))
            #expect(chatFault(["tool_choice": value, "tools": []]) == .invalid("tool_choice"))
        }
        #expect(chatFault(["tool_choice": "none"]) == nil)
    }

    @Test func `a choice names a tool there is`() {
        let choice: JSONValue = ["type": "function", "function": ["name": "g"]]
        #expect(chatFault(["tools": [tool], "tool_choice": choice], [.tools, .toolChoice]) == .invalid("tool_choice"))
    }

    @Test func `auto and none need no more than tools, the others a model that can be made to call`() throws {
        let named: JSONValue = ["type": "function", "function": ["name": "f"]]
        #expect(try chat(["tools": [tool], "tool_choice": "auto"], .tools).toolChoice == .auto)
        #expect(try chat(["tools": [tool], "tool_choice": "none"], .tools).toolChoice == .none)
        for value in ["required", named] as [JSONValue] {
            #expect(chatFault(["tools": [tool], "tool_choice": value]) == .unsupported("tool_choice"))
        }
        let able: Capabilities = [.tools, .toolChoice]
        #expect(try chat(["tools": [tool], "tool_choice": "required"], able).toolChoice == .required)
        #expect(try chat(["tools": [tool], "tool_choice": named], able).toolChoice == .function("f"))
    }

    @Test func `a malformed choice is refused`() {
        for value in ["any", 1, true, []] as [JSONValue] {
            #expect(chatFault(["tools": [tool], "tool_choice": value]) == .invalid("tool_choice"))
        }
        #expect(
            chatFault(["tools": [tool], "tool_choice": ["type": "allowed_tools"]]) == .unsupported("tool_choice.type"))
        #expect(chatFault(["tools": [tool], "tool_choice": ["type": "function"]]) == .missing("tool_choice.function"))
    }
}
