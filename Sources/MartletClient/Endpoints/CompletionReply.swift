public import MartletJSON
public import MartletOpenAI

/// Continuations of prompts.
public struct CompletionReply: Sendable {
    /// One continuation.
    public struct Choice: Sendable {
        /// Which of them; with several prompts and choices, prompt by prompt.
        public var index: Int
        /// The text.
        public var text: String
        /// Why it ended; nil if the server does not say.
        public var finishReason: FinishReason?
        /// The tokens' log-probabilities, as they came.
        public var logprobs: JSONValue?
        /// The choice as it came.
        public var json: JSONObject
    }

    /// The server's name of the answer.
    public var id: String
    /// The model that answered.
    public var model: String
    /// The continuations.
    public var choices: [Choice]
    /// What they cost, if the server says.
    public var usage: Usage?
    /// The whole body.
    public var json: JSONObject
    /// The response.
    public var response: ResponseInfo

    /// The text of the first choice.
    public var text: String { choices.first?.text ?? "" }

    /// Nothing has come yet.
    init(response: ResponseInfo) {
        (id, model, choices, json) = ("", "", [], [:])
        self.response = response
    }

    /// Reads a whole reply.
    ///
    /// - Throws: `ClientError` of reason `badResponse` for one without choices.
    init(_ whole: WholeResponse) throws(ClientError) {
        response = whole.info
        json = whole.json
        id = json["id"]?.string ?? ""
        model = json["model"]?.string ?? ""
        usage = json["usage"]?.object.map(Usage.init(json:))
        choices = (json["choices"]?.array ?? []).enumerated().compactMap { place, element in
            guard let choice = element.object else { return nil }
            return Choice(
                index: choice["index"]?.number?.int ?? place, text: choice["text"]?.string ?? "",
                finishReason: choice["finish_reason"]?.string.map(FinishReason.init(rawValue:)),
                logprobs: choice["logprobs"].flatMap { $0.isNull ? nil : $0 }, json: choice)
        }
        if choices.isEmpty { throw response.error("response has no choices") }
    }
}
