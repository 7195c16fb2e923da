public import MartletJSON
public import MartletOpenAI

/// Completions of prompts. Values that the server did not send are nil or empty.
public struct CompletionReply: Sendable {
    /// One completion.
    public struct Choice: Sendable {
        /// With several prompts and choices, the choices of the first prompt come first.
        public var index: Int
        public var text: String
        /// Nil if the server did not send it.
        public var finishReason: FinishReason?
        /// Log-probabilities, as received.
        public var logprobs: JSONValue?
        /// The choice as received.
        public var json: JSONObject
    }

    /// The server's id for the reply.
    public var id: String
    /// The model, as the server names it.
    public var model: String
    /// As received; in the order of their indices for a stream.
    public var choices: [Choice]
    /// Token counts, if the server sent them.
    public var usage: Usage?
    /// The complete body; empty for a stream.
    public var json: JSONObject
    /// The HTTP response.
    public var response: ResponseInfo

    /// The first choice's text.
    public var text: String { choices.first?.text ?? "" }

    /// An empty reply, which a stream fills.
    init(response: ResponseInfo) {
        (id, model, choices, json) = ("", "", [], [:])
        self.response = response
    }

    /// Decodes a response that is not streamed.
    ///
    /// - Throws: `ClientError` of reason `badResponse` if there are no choices.
    init(_ content: JSONResponse) throws(ClientError) {
        response = content.info
        json = content.json
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
