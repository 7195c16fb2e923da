package import MartletJSON

extension CompletionRequest {
    /// Reads and checks a body whose model has been resolved; the first fault is a 400 that names its `param`.
    package init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
        let prompts = try Prompt.decode(
            Field(body).required("prompt", "a text or an array of token ids to continue"))
        self.init(model: model, prompts: prompts, body: body)
        try Self.parameters.read(into: &self, capabilities: capabilities)
        try checkBestOf()
        try checkMinimumTokens(against: Field(body).member("max_tokens") == nil ? nil : maxTokens)
    }

    private func checkBestOf() throws(OpenAIError) {
        guard let bestOf else { return }
        guard bestOf >= n else {
            throw .invalidValue("best_of", "`best_of` must be at least `n`, which is \(n), but it is \(bestOf).")
        }
        guard bestOf == n || !stream else {
            throw .invalidValue(
                "best_of",
                "`best_of` above `n` cannot be streamed, because the best is known at the end; leave out `stream`.")
        }
    }
}
