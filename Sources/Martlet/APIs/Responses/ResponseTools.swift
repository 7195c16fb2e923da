internal import MartletJSON
internal import MartletOpenAI

/// The decoded `tools` of a request: functions, custom tools as functions with one text, and the names of the tools that the
/// server would have to run, which are left out.
struct ResponseTools: Sendable {
    private(set) var definitions: [ToolDefinition] = []
    /// The parameter that says what a call of each definition must be.
    private(set) var parameterNames: [String] = []
    private(set) var customNames: Set<String> = []
    /// The types of the tools that are left out, each once.
    private(set) var ignored: [String] = []
    /// As responses repeat them.
    private(set) var json: [JSONValue] = []

    init() {}

    init(_ field: Field) throws(OpenAIError) {
        let elements = try field.elements("an array of tools")
        if elements.count > ToolDefinition.maximumCount {
            throw field.invalid(
                "`\(field.path)` must have at most \(ToolDefinition.maximumCount) tools, but it has \(elements.count).")
        }
        for element in elements { try add(element) }
    }

    func contains(_ name: String, isCustom: Bool) -> Bool {
        customNames.contains(name) == isCustom && definitions.contains { $0.name == name }
    }

    // MARK: Decoding

    private mutating func add(_ tool: Field) throws(OpenAIError) {
        _ = try tool.object()
        let type = try tool.required("type", "\"function\" or \"custom\"")
        switch try type.string() {
        case "function":
            let definition = try ToolDefinition(tool, longestName: Self.longestName)
            try add(definition, tool, parameterName: "\(tool.path).parameters")
            json.append(
                .object([
                    "type": "function", "name": .string(definition.name),
                    "description": definition.description.map { .string($0) } ?? .null,
                    "parameters": definition.parameters.map { .object($0) } ?? .null,
                    "strict": definition.strict.map { .bool($0) } ?? .null,
                ]))
        case "custom":
            let custom = try Self.custom(tool)
            try add(custom.definition, tool, parameterName: "\(tool.path).format")
            customNames.insert(custom.definition.name)
            json.append(.object(custom.json))
        case let other:
            if !ignored.contains(other) { ignored.append(other) }
        }
    }

    private mutating func add(
        _ definition: ToolDefinition, _ tool: Field, parameterName: String
    ) throws(OpenAIError) {
        if definitions.contains(where: { $0.name == definition.name }) {
            let path = "\(tool.path).name"
            throw .invalidValue(path, "`\(path)` is the name of an earlier tool; each needs its own.")
        }
        definitions.append(definition)
        parameterNames.append(parameterName)
    }

    private static let longestName = 128

    /// A custom tool: its input is a text, which may have to match a regular expression. Lark grammars are for the model to
    /// follow: the description has them.
    private static func custom(_ tool: Field) throws(OpenAIError) -> (definition: ToolDefinition, json: JSONObject) {
        let name = try tool.required("name", "the tool's name").functionName(upTo: longestName)
        let description = try tool.member("description")?.string()
        var input: JSONObject = ["type": "string"]
        var lines = description.map { [$0] } ?? []
        var format: JSONObject = ["type": "text"]
        if let field = tool.member("format"), let grammar = try grammar(field) {
            format = ["type": "grammar", "syntax": .string(grammar.syntax), "definition": .string(grammar.definition)]
            if grammar.syntax == "regex" {
                input["pattern"] = .string("^(?:\(grammar.definition))$")
            } else {
                lines.append("The input must follow this Lark grammar:\n\(grammar.definition)")
            }
        }
        let definition = ToolDefinition(
            name: name, description: lines.isEmpty ? nil : lines.joined(separator: "\n\n"),
            parameters: [
                "type": "object", "properties": ["input": .object(input)], "required": ["input"],
                "additionalProperties": false,
            ])
        var json: JSONObject = ["type": "custom", "name": .string(name)]
        if let description { json["description"] = .string(description) }
        json["format"] = .object(format)
        return (definition, json)
    }

    /// The grammar of a custom tool's input; nil for any text.
    private static func grammar(_ format: Field) throws(OpenAIError) -> (syntax: String, definition: String)? {
        _ = try format.object()
        let type = try format.required("type", "\"text\" or \"grammar\"")
        switch try type.string() {
        case "text": return nil
        case "grammar":
            let syntax = try format.required("syntax", "\"lark\" or \"regex\"")
            guard ["lark", "regex"].contains(try syntax.string()) else { throw syntax.mustBe("\"lark\" or \"regex\"") }
            return (try syntax.string(), try format.required("definition", "the grammar's text").pattern())
        default: throw type.mustBe("\"text\" or \"grammar\"")
        }
    }
}
