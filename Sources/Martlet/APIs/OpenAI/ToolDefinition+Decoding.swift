internal import MartletJSON
internal import MartletOpenAI

extension ToolDefinition {
    static let maximumCount = 128

    /// Decodes an array of function tools, whose names must differ.
    static func decode(_ field: Field) throws(OpenAIError) -> [ToolDefinition] {
        let elements = try field.elements("an array of tools")
        if elements.count > maximumCount {
            throw field.invalid(
                "`\(field.path)` must have at most \(maximumCount) tools, but it has \(elements.count).")
        }
        var tools: [ToolDefinition] = []
        var names: Set<String> = []
        for element in elements {
            let function = try function(of: element)
            let tool = try ToolDefinition(function)
            guard names.insert(tool.name).inserted else {
                let path = "\(function.path).name"
                throw .invalidValue(path, "`\(path)` is the name of an earlier tool; each needs its own.")
            }
            tools.append(tool)
        }
        return tools
    }

    /// The `function` of a tool; 400 for other types of tools.
    private static func function(of tool: Field) throws(OpenAIError) -> Field {
        _ = try tool.object()
        let type = try tool.required("type", "\"function\"")
        switch try type.string() {
        case "function": return try tool.required("function", "the function's name, description and parameters")
        case "custom": throw type.unsupported("Custom tools are not supported; `\(type.path)` must be \"function\".")
        default: throw type.mustBe("\"function\"")
        }
    }

    /// A schema of objects, which arguments are.
    private static func parameters(_ function: Field) throws(OpenAIError) -> JSONObject? {
        guard let field = function.member("parameters"), let type = try field.object()["type"] else {
            return try function.member("parameters")?.object()
        }
        let others: [JSONValue] = ["null", "boolean", "string", "number", "integer", "array"]
        if (type.array ?? [type]).allSatisfy(others.contains) {
            throw OpenAIError.invalidValue(
                "\(field.path).type", "`\(field.path).type` must be \"object\", since arguments are a JSON object.")
        }
        return try field.object()
    }

    /// Decodes the name, the description and the schema of a function.
    init(_ function: Field, longestName: Int = 64) throws(OpenAIError) {
        _ = try function.object()
        self.init(
            name: try function.required("name", "the function's name").functionName(upTo: longestName),
            description: try function.member("description")?.string(),
            parameters: try Self.parameters(function),
            strict: try function.member("strict")?.bool())
    }
}

extension Field {
    /// A function name: 1 to `longest` letters, digits, `_` and `-`.
    func functionName(upTo longest: Int = 64) throws(OpenAIError) -> String {
        let name = try string()
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, 1...longest ~= name.utf8.count else {
            throw mustBe("a name of 1 to \(longest) letters, digits, `_` and `-`")
        }
        return name
    }
}

extension ToolCall {
    /// Decodes a call in an assistant message. The arguments are not parsed, because the model may have written
    /// malformed JSON.
    init(_ call: Field) throws(OpenAIError) {
        _ = try call.object()
        let type = try call.required("type", "\"function\"")
        if try type.string() != "function" { throw type.mustBe("\"function\"") }
        let function = try call.required("function", "the call's name and arguments")
        _ = try function.object()
        self.init(
            id: try call.required("id", "the call's id").string(),
            name: try function.required("name", "the function's name").string(),
            arguments: try function.required("arguments", "the arguments as JSON text").string())
    }
}
