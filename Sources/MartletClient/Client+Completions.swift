public import MartletJSON
public import MartletOpenAI

extension Client {
    /// One call of `/v1/completions`.
    public struct CompletionRequest: Sendable, Equatable {
        /// The model; nil for the client's.
        public var model: String?
        /// What to continue; text, or token ids.
        public var prompts: [Prompt]
        /// What is to come after the answer.
        public var suffix: String?
        /// Whether the answer begins with the prompt.
        public var echo: Bool?
        /// Of how many choices the best are told.
        public var bestOf: Int?
        /// Everything else.
        public var options: GenerationOptions

        /// A request for the continuations of `prompts`.
        public init(prompts: [Prompt], model: String? = nil, options: GenerationOptions = GenerationOptions()) {
            (self.prompts, self.model, self.options) = (prompts, model, options)
        }

        func body(model: String) -> JSONObject {
            var body: JSONObject = ["model": .string(model)]
            body["prompt"] = Client.json(prompts)
            options.write(into: &body)
            if let topLogprobs = options.topLogprobs { body["logprobs"] = .number(JSONNumber(topLogprobs)) }
            if let suffix { body["suffix"] = .string(suffix) }
            if let echo { body["echo"] = .bool(echo) }
            if let bestOf { body["best_of"] = .number(JSONNumber(bestOf)) }
            for (name, value) in options.extra where body[name] == nil { body[name] = value }
            return body
        }
    }

    /// Continues prompts.
    ///
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func complete(
        _ request: CompletionRequest
    ) async throws(ClientError) -> CompletionReply {
        let body = request.body(model: try model(or: request.model))
        return try await whole(Call(self, .post, "completions", body: body), as: CompletionReply.init)
    }

    /// Continues a text.
    public nonisolated(nonsending) func complete(
        _ text: String, options: GenerationOptions = GenerationOptions()
    ) async throws(ClientError) -> CompletionReply {
        try await complete(CompletionRequest(prompts: [.text(text)], options: options))
    }

    /// One prompt as itself, several as an array.
    static func json(_ prompts: [Prompt]) -> JSONValue {
        let values = prompts.map { prompt -> JSONValue in
            switch prompt {
            case .text(let text): return .string(text)
            case .tokenIDs(let ids): return .array(ids.map { .number(JSONNumber($0)) })
            }
        }
        return values.count == 1 ? values[0] : .array(values)
    }
}

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
