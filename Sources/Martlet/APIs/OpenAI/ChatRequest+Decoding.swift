internal import MartletJSON
internal import MartletOpenAI

extension ChatRequest {
    /// Decodes and validates a body whose model has been resolved. The first error is a 400 with its `param`.
    init(
        decoding body: JSONObject, model: String, capabilities: Capabilities, names: ParameterNames = .own
    ) throws(OpenAIError) {
        let root = Field(body, names: names)
        self.init(model: model, messages: try Self.messages(root, capabilities: capabilities), body: body)
        try Self.parameters.read(into: &self, capabilities: capabilities, names: names)
        try checkMinimumTokens(against: maxTokens)
        try root.member("response_format")?.checkStrictFormat()
        try checkStrictTools()
        try checkToolChoice(root)
        try settleFinalMessage(root)
    }

    private static func messages(_ root: Field, capabilities: Capabilities) throws(OpenAIError) -> [ChatMessage] {
        let field = try root.required("messages", "an array of at least one message")
        let elements = try field.elements("an array of messages")
        if elements.isEmpty { throw field.mustBe("an array of at least one message") }
        var messages: [ChatMessage] = []
        messages.reserveCapacity(elements.count)
        for element in elements { messages.append(try ChatMessage(element, capabilities: capabilities)) }
        return messages
    }

    /// The schemas of tools with `strict: true` follow OpenAI's rules.
    func checkStrictTools() throws(OpenAIError) {
        for (index, tool) in tools.enumerated() where tool.strict == true {
            // Without a schema there are no arguments.
            guard let schema = tool.parameters, let fault = StrictSchema.fault(in: .object(schema)) else { continue }
            throw OpenAIError(
                status: 400, message: "Invalid schema for function '\(tool.name)': \(fault)",
                param: parameterName(ofToolAt: index), code: "invalid_function_parameters")
        }
    }

    /// `tool_choice` needs `tools`, and the functions that it names must be among them.
    private func checkToolChoice(_ root: Field) throws(OpenAIError) {
        guard toolChoice != .none, let field = root.member("tool_choice") else { return }
        if tools.isEmpty { throw field.invalid("`tool_choice` needs `tools`; leave it out or set it to `\"none\"`.") }
        if case .function(let name) = toolChoice, !tools.contains(where: { $0.name == name }) {
            throw field.invalid("`tool_choice` names a function that is not in `tools`.")
        }
        let known = Set(tools.map(\.name))
        for name in try ToolChoice.allowedNames(field) ?? [] where !known.contains(try name.string()) {
            throw name.invalid("`\(name.path)` names a function that is not in `tools`.")
        }
        try checkRequiredCall()
    }

    /// A text that must be something cannot be asked for where a call is required.
    func checkRequiredCall() throws(OpenAIError) {
        guard let structuredOutput, toolChoice != .auto, toolChoice != .none else { return }
        throw .invalidValue(
            structuredOutput.param,
            "`\(structuredOutput.param)` and a `tool_choice` that requires a call exclude each other; leave one of them out, "
                + "or set `tool_choice` to `\"auto\"`.")
    }

    /// Decides whether the generation continues the last message: if the request says so, or, as in llama.cpp, if the
    /// request says nothing about it and the last message is an assistant's (a prefilled reply).
    private mutating func settleFinalMessage(_ root: Field) throws(OpenAIError) {
        let (continuing, adding) = (root.member("continue_final_message"), root.member("add_generation_prompt"))
        let isOpen = messages.last.map { $0.role == .assistant && $0.toolCalls.isEmpty } ?? false
        if continuing == nil, adding == nil { continuesFinalMessage = isOpen }
        guard continuesFinalMessage else { return }
        if let continuing, !isOpen {
            throw continuing.invalid(
                "`continue_final_message` needs the last message to be the assistant's, without tool calls.")
        }
        if let adding, addsGenerationPrompt {
            throw adding.invalid("`add_generation_prompt` cannot be `true` together with `continue_final_message`.")
        }
        addsGenerationPrompt = false
    }
}
