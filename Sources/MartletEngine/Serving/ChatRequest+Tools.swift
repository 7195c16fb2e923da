internal import Martlet
internal import MartletConstraint

extension ChatRequest {
    /// The tools that the reply may call.
    var callableTools: [ToolDefinition] {
        switch toolChoice {
        case .none: []
        case .auto, .required: tools
        case .function(let name): tools.filter { $0.name == name }
        }
    }

    /// Whether the reply must be calls.
    var requiresCalls: Bool {
        switch toolChoice {
        case .none, .auto: false
        case .required, .function: true
        }
    }

    /// What the arguments of each tool must be, by its name.
    ///
    /// - Throws: `BackendError` that names the schema.
    func compiledToolArguments() throws(BackendError) -> [String: Constraint] {
        var result: [String: Constraint] = [:]
        for (index, tool) in tools.enumerated() {
            do throws(ConstraintError) {
                result[tool.name] = try Self.anyObject.get()
            } catch {
                throw .invalidValue(
                    "tools[\(index)].function.parameters",
                    "The parameters of `\(tool.name)` cannot be followed: \(error.message)")
            }
        }
        return result
    }

    private static let anyObject = Result { () throws(ConstraintError) in try Constraint(.gbnf(jsonObject)) }

    /// Any JSON object.
    private static let jsonObject = #"""
        root ::= "{" (pair ("," " "? pair)*)? "}"
        pair ::= string ":" " "? value
        value ::= root | array | string | number | "true" | "false" | "null"
        array ::= "[" (value ("," " "? value)*)? "]"
        string ::= "\"" ([^"\\\x00-\x1F\x7F] | "\\" (["\\bfnrt] | "u" [0-9a-f]{4}))* "\""
        number ::= "-"? ("0" | [1-9] [0-9]{0,15}) ("." [0-9]{1,16})?
        """#
}
