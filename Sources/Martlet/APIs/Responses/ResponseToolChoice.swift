internal import MartletJSON
internal import MartletOpenAI

/// A decoded `tool_choice`.
struct ResponseToolChoice {
    var mode: ToolChoice
    /// The names of the tools that may be called; nil for all.
    var allowed: Set<String>?

    private static let forms = "\"none\", \"auto\", \"required\", a tool to call or the allowed tools"

    /// - Parameter tools: Those of the request, which the tools that the choice names must be among.
    init(_ field: Field, among tools: ResponseTools) throws(OpenAIError) {
        switch field.value {
        case "none": mode = .none
        case "auto": mode = .auto
        case "required":
            if tools.definitions.isEmpty { throw Self.needsTools(field) }
            mode = .required
        case .object: (mode, allowed) = try Self.object(field, tools)
        default: throw field.mustBe(Self.forms)
        }
    }

    private static func object(
        _ field: Field, _ tools: ResponseTools
    ) throws(OpenAIError) -> (mode: ToolChoice, allowed: Set<String>?) {
        let type = try field.required("type", "\"function\", \"custom\" or \"allowed_tools\"")
        switch try type.string() {
        case "function", "custom":
            let name = try field.required("name", "the tool's name")
            guard tools.contains(try name.string(), isCustom: type.value == "custom") else {
                throw name.invalid("`\(name.path)` names a tool that is not in `tools`.")
            }
            return (.function(try name.string()), nil)
        case "allowed_tools":
            let mode = try field.required("mode", "\"auto\" or \"required\"")
            let allowed = try allowedNames(field, tools)
            switch mode.value {
            case "auto": return (.auto, allowed)
            case "required": return (.required, allowed)
            default: throw mode.mustBe("\"auto\" or \"required\"")
            }
        default:
            throw type.unsupported(
                "`\(type.path)` names a tool that the server would have to run, \(Field.describe(type.value)): it has none. "
                    + "Name a function or a custom tool, or leave `\(field.path)` out.")
        }
    }

    /// The names of the functions and custom tools that are allowed. Others are left out, as in `tools`.
    private static func allowedNames(_ field: Field, _ tools: ResponseTools) throws(OpenAIError) -> Set<String> {
        let expectation = "an array of at least one tool"
        let list = try field.required("tools", expectation)
        var names: Set<String> = []
        for tool in try list.elements(expectation) {
            _ = try tool.object()
            let type = try tool.required("type", "\"function\" or \"custom\"")
            let kind = try type.string()
            guard kind == "function" || kind == "custom" else { continue }
            let name = try tool.required("name", "the tool's name")
            guard tools.contains(try name.string(), isCustom: kind == "custom") else {
                throw name.invalid("`\(name.path)` names a tool that is not in `tools`.")
            }
            names.insert(try name.string())
        }
        if names.isEmpty {
            throw list.invalid("`\(list.path)` must have at least one function or custom tool of `tools`.")
        }
        return names
    }

    private static func needsTools(_ field: Field) -> OpenAIError {
        field.invalid(
            "`\(field.path)` requires a call, but `tools` has no function and no custom tool; leave it out or set it to "
                + "`\"none\"`.")
    }
}
