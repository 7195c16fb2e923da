import MartletJSON

extension ToolCall {
    /// Reads a call that an assistant made. The arguments are text, which the model may have got wrong.
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
