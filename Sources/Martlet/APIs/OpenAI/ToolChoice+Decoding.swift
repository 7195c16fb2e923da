internal import MartletJSON
internal import MartletOpenAI

extension ToolChoice {
    private static let forms = "\"none\", \"auto\", \"required\", a function to call or the allowed tools"

    /// Decodes a mode, the name of a function, or the mode of `allowed_tools`. Whether the functions exist is checked
    /// later.
    init(_ field: Field) throws(OpenAIError) {
        if let mode = field.value.string {
            switch mode {
            case "none": self = .none
            case "auto": self = .auto
            case "required": self = .required
            default: throw field.mustBe(Self.forms)
            }
            return
        }
        guard case .object = field.value else { throw field.mustBe(Self.forms) }
        let type = try field.required("type", "\"function\" or \"allowed_tools\"")
        switch try type.string() {
        case "function":
            let function = try field.required("function", "the function's name")
            _ = try function.object()
            self = .function(try function.required("name", "the function's name").string())
        case "allowed_tools":
            let mode = try Self.allowance(field).required("mode", "\"auto\" or \"required\"")
            switch try mode.string() {
            case "auto": self = .auto
            case "required": self = .required
            default: throw mode.mustBe("\"auto\" or \"required\"")
            }
        case "custom":
            throw field.unsupported(
                "`\(field.path)` of type \(Field.describe(type.value)) is not supported; name one function, or none.")
        default: throw type.mustBe("\"function\" or \"allowed_tools\"")
        }
    }

    /// The names of the functions that `allowed_tools` lists; nil for other choices.
    static func allowedNames(_ field: Field) throws(OpenAIError) -> [Field]? {
        guard field.value.object?["type"] == "allowed_tools" else { return nil }
        let expectation = "an array of at least one tool"
        let tools = try allowance(field).required("tools", expectation)
        var names: [Field] = []
        for tool in try tools.elements(expectation) {
            _ = try tool.object()
            let type = try tool.required("type", "\"function\"")
            if try type.string() != "function" { throw type.mustBe("\"function\"") }
            let named = tool.member("function") ?? tool
            _ = try named.object()
            let name = try named.required("name", "the function's name")
            _ = try name.string()
            names.append(name)
        }
        if names.isEmpty { throw tools.mustBe(expectation) }
        return names
    }

    /// What has `mode` and `tools`: a member, as in chat completions, or the choice itself, as in OpenAI's Responses.
    private static func allowance(_ choice: Field) throws(OpenAIError) -> Field {
        guard let allowance = choice.member("allowed_tools") else {
            if choice.member("mode") != nil || choice.member("tools") != nil { return choice }
            return try choice.required("allowed_tools", "the mode and the tools")
        }
        _ = try allowance.object()
        return allowance
    }
}
