internal import MartletJSON
internal import MartletOpenAI

/// The tools of a request, and which of them the model must, may or must not call.
struct MessagesTools {
    /// The limit bounds the schemas to compile. Clients with several MCP servers send more than OpenAI's 128.
    private static let maximumCount = 512
    private static let longestName = 128

    private(set) var definitions: [ToolDefinition] = []
    /// The parameters with the schemas of `definitions`, for errors.
    private(set) var parameterNames: [String] = []
    /// The types of the other tools, which only Anthropic's servers run or only its models know.
    private(set) var ignored: [String] = []
    private(set) var choice = ToolChoice.auto
    private(set) var allowsParallelCalls = true

    init(_ root: Field) throws(OpenAIError) {
        if let field = root.member("tools") { try read(field) }
        if let field = root.member("tool_choice") { try readChoice(field) }
    }

    /// The body as the table of parameters judges it: ignored tools need no capability, and neither do options of a choice.
    func withoutIgnored(_ body: JSONObject) -> JSONObject {
        var body = body
        if definitions.isEmpty, body["tools"] != nil { body["tools"] = [] }
        if let type = body["tool_choice"]?.object?["type"] { body["tool_choice"] = ["type": type] }
        return body
    }

    private mutating func read(_ field: Field) throws(OpenAIError) {
        let elements = try field.elements("an array of tools")
        if elements.count > Self.maximumCount {
            throw field.invalid(
                "`\(field.path)` must have at most \(Self.maximumCount) tools, but it has \(elements.count).")
        }
        var names: Set<String> = []
        for tool in elements {
            _ = try tool.object()
            if let type = try Self.foreignType(of: tool) {
                ignored.append(type)
                continue
            }
            let name = try tool.required("name", "the tool's name")
            let schema = try tool.required("input_schema", "the JSON Schema of the tool's input, an object")
            definitions.append(
                ToolDefinition(
                    name: try name.functionName(upTo: Self.longestName),
                    description: try tool.member("description")?.string(),
                    parameters: try Self.checked(schema), strict: try tool.member("strict")?.bool()))
            parameterNames.append(schema.path)
            guard names.insert(try name.string()).inserted else {
                throw name.invalid("`\(name.path)` is the name of an earlier tool; each needs its own.")
            }
        }
    }

    /// The type of a tool that the model does not get; nil for one that the client defines.
    private static func foreignType(of tool: Field) throws(OpenAIError) -> String? {
        guard let type = tool.member("type") else { return nil }
        switch try type.string() {
        case "custom": return nil
        case "function":
            throw type.invalid(
                "`\(type.path)` is \"function\", the type of another API's tools; send `name`, `description` and "
                    + "`input_schema`, and leave `type` out.")
        case let type: return type
        }
    }

    private static func checked(_ schema: Field) throws(OpenAIError) -> JSONObject {
        let object = try schema.object()
        guard let type = schema.member("type"), type.value != "object" else { return object }
        throw type.mustBe("\"object\", since a tool's input is an object")
    }

    private mutating func readChoice(_ field: Field) throws(OpenAIError) {
        _ = try field.object()
        let types = "\"auto\", \"any\", \"tool\" or \"none\""
        let type = try field.required("type", types)
        switch try type.string() {
        case "auto": choice = .auto
        case "none": choice = .none
        case "any":
            choice = .required
            if definitions.isEmpty {
                throw field.invalid(
                    "`tool_choice` requires a call, but `tools` has no tool that the client defines; leave it out.")
            }
        case "tool":
            let name = try field.required("name", "the name of a tool in `tools`")
            let text = try name.string()
            guard definitions.contains(where: { $0.name == text }) else {
                throw name.invalid("`\(name.path)` is not the name of a tool in `tools` that the client defines.")
            }
            choice = .function(text)
        default: throw type.mustBe(types)
        }
        allowsParallelCalls = try field.member("disable_parallel_tool_use")?.bool() != true
    }
}
