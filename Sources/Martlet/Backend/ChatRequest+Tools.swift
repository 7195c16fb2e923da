public import MartletConstraint
internal import MartletJSON
public import MartletOpenAI

extension ChatRequest {
    /// The functions of `tools` that `toolChoice` and `allowedTools` permit the model to call.
    public var callableTools: [ToolDefinition] { tools.filter(isCallable) }

    private func isCallable(_ tool: ToolDefinition) -> Bool {
        switch toolChoice {
        case .none: false
        case .function(let name): tool.name == name
        case .auto, .required: allowedTools?.contains(tool.name) ?? true
        }
    }

    /// What the arguments of each function in `callableTools` must be, by name: those in `toolArguments`, and the others
    /// compiled now.
    ///
    /// - Throws: `BackendError` that names the parameter, if Martlet cannot obey a function's schema.
    public func compiledToolArguments() throws(BackendError) -> [String: Constraint] {
        var result: [String: Constraint] = [:]
        for (name, output) in demandedToolArguments {
            if let known = toolArguments[name] { result[name] = known } else { result[name] = try output.constraint() }
        }
        return result
    }

    /// What the arguments of each function in `callableTools` must be, with the parameter that says so.
    var demandedToolArguments: [(name: String, output: StructuredOutput)] {
        tools.enumerated().filter { isCallable($0.element) }.map { index, tool in
            (tool.name, StructuredOutput(tool.arguments, param: parameterName(ofToolAt: index)))
        }
    }

    /// The parameter that says what the arguments of a function must be.
    func parameterName(ofToolAt index: Int) -> String {
        toolParameterNames.indices.contains(index)
            ? toolParameterNames[index] : "tools[\(index)].function.parameters"
    }
}

extension ToolDefinition {
    /// What the arguments must be: always an object. Without `strict` the schema holds; only `false` frees them of it.
    fileprivate var arguments: ConstraintSource {
        if strict == false { return .jsonObject }
        guard var schema = parameters else {
            return .jsonSchema(["type": "object", "properties": [:], "additionalProperties": false])
        }
        if schema["type"]?.array?.contains("object") ?? (schema["type"] == nil) { schema["type"] = "object" }
        return .jsonSchema(.object(schema))
    }
}
