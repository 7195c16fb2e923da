package import MartletJSON

extension CompletionRequest {
    /// Reads and checks a body whose model has been resolved; the first fault is a 400 that names its `param`.
    package init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
        let root = Field(body)
        let prompts = try Prompt.decode(root.required("prompt", "a text or an array of token ids to continue"))
        let fields = try GenerationFields(root, capabilities: capabilities)
        let maxTokens = try root.member("max_tokens")?.integer(in: 0 ... .max) ?? 16
        self.init(
            model: model, prompts: prompts, stream: fields.stream, maxTokens: maxTokens, sampling: fields.sampling,
            stop: fields.stop, n: fields.n, body: body)
        streamOptions = fields.streamOptions
        returnsTokenIDs = fields.returnsTokenIDs
        topLogprobs = try Self.topLogprobs(root)
        echo = try root.member("echo")?.bool() ?? false
        suffix = try root.member("suffix")?.string()
        _ = try root.member("best_of")?.integer(in: 0...128)
        try sampling.checkMinTokens(against: maxTokens)
        try ParameterTable.completions.check(body, capabilities: capabilities)
    }

    /// Chat's `false` is taken for the number that is missing.
    private static func topLogprobs(_ root: Field) throws(OpenAIError) -> Int? {
        guard let field = root.member("logprobs"), field.value != false else { return nil }
        return try field.integer(in: 0...20)
    }
}
