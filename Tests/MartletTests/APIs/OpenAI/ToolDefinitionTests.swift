import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ToolDefinitionTests {
    private func tools(_ value: JSONValue) throws(OpenAIError) -> [ToolDefinition] {
        try chat(["tools": value], .tools).tools
    }

    private func fault(_ value: JSONValue) -> Fault? {
        MartletTests.fault { () throws(OpenAIError) in try tools(value) }
    }

    private func tool(_ function: JSONValue) -> JSONValue { ["type": "function", "function": function] }

    @Test func `a function is decoded with all of its members`() throws {
        let function: JSONValue = [
            "name": "get_weather-2", "description": "Tells the weather.", "parameters": ["type": "object"],
            "strict": false,
        ]
        let expected = ToolDefinition(
            name: "get_weather-2", description: "Tells the weather.", parameters: ["type": "object"], strict: false)
        #expect(try tools([tool(function)]) == [expected])
    }

    @Test func `a function needs only its name`() throws {
        let function: JSONValue = ["name": "f", "description": .null, "parameters": .null, "strict": .null]
        #expect(try tools([tool(function), tool(["name": "g"])]).map(\.name) == ["f", "g"])
        #expect(try tools([tool(function)]) == [ToolDefinition(name: "f")])
    }

    @Test func `each invalid member is a 400 with its path`() {
        for value in [1, "x", [:]] as [JSONValue] { #expect(fault(value) == .invalid("tools")) }
        #expect(fault([1]) == .invalid("tools[0]"))
        #expect(fault([[:]]) == .missing("tools[0].type"))
        #expect(fault([["type": "retrieval"]]) == .invalid("tools[0].type"))
        #expect(fault([["type": "custom", "custom": ["name": "f"]]]) == .unsupported("tools[0].type"))
        #expect(fault([["type": "function"]]) == .missing("tools[0].function"))
        #expect(fault([tool("f")]) == .invalid("tools[0].function"))
        #expect(fault([tool(["name": "f"]), tool([:])]) == .missing("tools[1].function.name"))
        for (name, value) in [("description", 1), ("parameters", "x"), ("parameters", []), ("strict", "yes")]
            as [(String, JSONValue)]
        {
            #expect(fault([tool(.object(["name": "f", name: value]))]) == .invalid("tools[0].function.\(name)"))
        }
    }

    @Test func `arguments are an object`() throws {
        for type in ["string", "array", ["null", "number"]] as [JSONValue] {
            let function: JSONValue = ["name": "f", "parameters": ["type": type]]
            #expect(fault([tool(function)]) == .invalid("tools[0].function.parameters.type"))
        }
        for type in ["object", ["object", "null"], "unknown"] as [JSONValue] {
            _ = try tools([tool(["name": "f", "parameters": ["type": type]])])
        }
    }

    @Test func `a name is 1 to 64 of letters, digits, underscores and hyphens`() throws {
        let longest = String(repeating: "a", count: 64)
        #expect(try tools([tool(["name": .string(longest)])]).first?.name == longest)
        for name in [1, "", "a b", "a.b", "é", .string(longest + "a")] as [JSONValue] {
            #expect(fault([tool(["name": name])]) == .invalid("tools[0].function.name"))
        }
    }

    @Test func `two functions with the same name are refused`() {
        let tools = [tool(["name": "f"]), tool(["name": "g"]), tool(["name": "f"])]
        #expect(fault(.array(tools)) == .invalid("tools[2].function.name"))
    }

    @Test func `more than 128 tools are refused`() throws {
        func many(_ count: Int) -> JSONValue { .array((0..<count).map { tool(["name": .string("f\($0)")]) }) }
        #expect(try tools(many(128)).count == 128)
        #expect(fault(many(129)) == .invalid("tools"))
    }
}
