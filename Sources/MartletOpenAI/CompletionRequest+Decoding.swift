package import MartletJSON

extension CompletionRequest {
    /// Reads and checks a body whose model has been resolved; the first fault is a 400 that names its `param`.
    package init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
        let prompts = try Prompt.decode(
            Field(body).required("prompt", "a text or an array of token ids to continue"))
        self.init(model: model, prompts: prompts, body: body)
        try Self.parameters.read(into: &self, capabilities: capabilities)
        try checkMinimumTokens(against: Field(body).member("max_tokens") == nil ? nil : maxTokens)
    }
}
