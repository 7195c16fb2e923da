import MartletJSON

extension ToolChoice {
    /// Reads a mode or the name of a function, which is not looked up yet.
    init(_ field: Field) throws(OpenAIError) {
        if let mode = field.value.string {
            switch mode {
            case "none": self = .none
            case "auto": self = .auto
            case "required": self = .required
            default: throw field.mustBe("\"none\", \"auto\", \"required\" or a function to call")
            }
            return
        }
        guard case .object = field.value else {
            throw field.mustBe("\"none\", \"auto\", \"required\" or a function to call")
        }
        let type = try field.required("type", "\"function\"")
        switch try type.string() {
        case "function":
            let function = try field.required("function", "the function's name")
            _ = try function.object()
            self = .function(try function.required("name", "the function's name").string())
        case "allowed_tools", "custom":
            throw field.unsupported(
                "`\(field.path)` of type \(Field.describe(type.value)) is not supported; name one function, or none.")
        default: throw type.mustBe("\"function\"")
        }
    }
}
