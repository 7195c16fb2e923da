import MartletJSON

extension ToolDefinition {
    /// OpenAI's limit.
    private static let maximumCount = 128

    /// Reads `tools`; none if it is missing.
    static func decode(_ root: Field) throws(OpenAIError) -> [ToolDefinition] {
        guard let field = root.member("tools") else { return [] }
        let elements = try field.elements("an array of tools")
        if elements.count > maximumCount { throw field.mustBe("an array of at most \(maximumCount) tools") }
        var tools: [ToolDefinition] = []
        var names: Set<String> = []
        for element in elements {
            let tool = try ToolDefinition(element)
            guard names.insert(tool.name).inserted else {
                throw .invalidValue("\(element.path).function.name", "Two tools have the name \"\(tool.name)\".")
            }
            tools.append(tool)
        }
        return tools
    }

    private init(_ tool: Field) throws(OpenAIError) {
        _ = try tool.object()
        let type = try tool.required("type", "\"function\"")
        guard try type.string() == "function" else { throw type.mustBe("\"function\"") }
        let function = try tool.required("function", "the function's name and parameters")
        _ = try function.object()
        let name = try function.required("name", "the function's name")
        self.init(
            name: try name.functionName(), description: try function.member("description")?.string(),
            parameters: try function.member("parameters")?.object(),
            isStrict: try function.member("strict")?.bool() ?? false)
    }
}

extension ToolChoice {
    init(_ field: Field) throws(OpenAIError) {
        switch field.value.string {
        case "none": self = .none
        case "auto": self = .auto
        case "required": self = .required
        case .some: throw field.mustBe("\"none\", \"auto\", \"required\" or an object that names a function")
        case nil:
            guard field.value.object != nil else {
                throw field.mustBe("\"none\", \"auto\", \"required\" or an object that names a function")
            }
            let type = try field.required("type", "\"function\"")
            guard try type.string() == "function" else {
                throw .unsupportedParameter(
                    type.path, "`\(type.path)` must be \"function\"; other kinds are not supported.")
            }
            let function = try field.required("function", "the function's name")
            _ = try function.object()
            self = .function(try function.required("name", "the function's name").string())
        }
    }
}

extension Field {
    /// OpenAI's rule for names of functions.
    fileprivate func functionName() throws(OpenAIError) -> String {
        let name = try string()
        let isSane = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isSane, 1...64 ~= name.utf8.count else { throw mustBe("1 to 64 of a-z, A-Z, 0-9, _ and -") }
        return name
    }
}
