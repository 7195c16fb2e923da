package import MartletJSON

extension CompletionRequest {
    /// Reads and checks a body whose model has been resolved; the first fault is a 400 that names its `param`.
    package init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
        let root = Field(body)
        let prompts = try Prompt.decode(root.required("prompt", "a text or an array of token ids to continue"))
        let fields = try GenerationFields(root, capabilities: capabilities)
        let maxTokens = try root.member("max_tokens")?.integer(in: 0 ... .max) ?? 16
        try FieldRule.check(body, against: FieldRule.completions, capabilities: capabilities)
        self.init(
            model: model, prompts: prompts, stream: fields.stream,
            maxTokens: maxTokens, sampling: fields.sampling, stop: fields.stop, n: fields.n, body: body)
        streamOptions = fields.streamOptions
    }
}
