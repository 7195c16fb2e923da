import MartletConstraint
import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

/// The functions that a model may call, and what their arguments must be.
struct ChatRequestToolsTests {
    /// Whether JSON Schemas can be compiled.
    static let compilesSchemas = (try? Constraint(.jsonObject)) != nil

    private let parameters: JSONObject = ["type": "object", "properties": ["a": ["type": "integer"]]]

    private func request(_ tools: [ToolDefinition], _ choice: ToolChoice = .auto) -> ChatRequest {
        var request = ChatRequest(model: "m", messages: [.user("Hi")])
        (request.tools, request.toolChoice) = (tools, choice)
        return request
    }

    @Test func `the choice and the allowed tools decide which functions may be called`() {
        let tools = ["f", "g", "h"].map { ToolDefinition(name: $0) }
        #expect(request(tools).callableTools.map(\.name) == ["f", "g", "h"])
        #expect(request(tools, .required).callableTools.map(\.name) == ["f", "g", "h"])
        #expect(request(tools, .none).callableTools.isEmpty)
        #expect(request(tools, .function("g")).callableTools.map(\.name) == ["g"])
        var request = request(tools, .required)
        request.allowedTools = ["h", "f"]
        #expect(request.callableTools.map(\.name) == ["f", "h"])
    }

    @Test func `only a literal false frees arguments of the schema`() {
        let tools = [true, false, nil].enumerated().map { index, strict in
            ToolDefinition(name: "f\(index)", parameters: parameters, strict: strict)
        }
        let sources = request(tools).demandedToolArguments.map(\.output.source)
        #expect(sources == [.jsonSchema(.object(parameters)), .jsonObject, .jsonSchema(.object(parameters))])
    }

    @Test func `arguments are always an object, without members if there are no parameters`() {
        let tools = [
            ToolDefinition(name: "f"), ToolDefinition(name: "g", parameters: [:]),
            ToolDefinition(name: "h", parameters: ["properties": ["a": [:]]]),
        ]
        let outputs = request(tools).demandedToolArguments.map(\.output)
        #expect(
            outputs.map(\.source) == [
                .jsonSchema(["type": "object", "properties": [:], "additionalProperties": false]),
                .jsonSchema(["type": "object"]), .jsonSchema(["properties": ["a": [:]], "type": "object"]),
            ])
        #expect(outputs.map(\.param) == (0..<3).map { "tools[\($0)].function.parameters" })
    }

    @Test func `a schema that cannot be obeyed names its tool, unless the tool may not be called`() throws {
        let bad = ToolDefinition(name: "f", parameters: ["type": "object", "properties": ["a": ["type": "number?"]]])
        let tools = [ToolDefinition(name: "e", parameters: parameters), bad]
        let error = #expect(throws: BackendError.self) { try request(tools, .function("f")).compiledToolArguments() }
        #expect(error?.error.param == "tools[1].function.parameters")
        #expect(error?.error.status == 400)
        #expect(try request(tools, .none).compiledToolArguments().isEmpty)
    }

    @Test(.enabled(if: compilesSchemas)) func `what the server has compiled is not compiled again`() throws {
        var request = request([ToolDefinition(name: "f"), ToolDefinition(name: "g", strict: false)])
        let compiled = try request.compiledToolArguments()
        #expect(Set(compiled.keys) == ["f", "g"])
        request.toolArguments = ["f": try Constraint(.regex("f"))]
        let again = try request.compiledToolArguments()
        #expect(again["f"] === request.toolArguments["f"])
        #expect(again["g"] != nil)
        #expect(request.toolArguments.count == 1)
    }
}
