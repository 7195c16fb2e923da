internal import MartletJSON
public import MartletOpenAI

extension Client {
    /// A request of `/v1/completions`.
    public struct CompletionRequest: Sendable, Equatable {
        /// Nil for the client's model.
        public var model: String?
        /// The prompts: text, or token ids.
        public var prompts: [Prompt]
        /// The text that follows the completion.
        public var suffix: String?
        /// Whether the completion begins with the prompt.
        public var echo: Bool?
        /// The number of generated choices, of which the best `n` are returned.
        public var bestOf: Int?
        /// Sampling parameters and limits.
        public var options: GenerationOptions

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

    /// Completes prompts.
    ///
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func complete(
        _ request: CompletionRequest
    ) async throws(ClientError) -> CompletionReply {
        let body = request.body(model: try model(or: request.model))
        return try await perform(Call(self, .post, "completions", body: .object(body)), decoding: CompletionReply.init)
    }

    /// Completes a text.
    public nonisolated(nonsending) func complete(
        _ text: String, options: GenerationOptions = GenerationOptions()
    ) async throws(ClientError) -> CompletionReply {
        try await complete(CompletionRequest(prompts: [.text(text)], options: options))
    }

    /// Completes prompts as a stream, and returns when the first event has arrived. Retries work as in `stream(_:)` for
    /// chats.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - keepsReply: Whether the stream accumulates its events for `replySoFar` and `reply()`.
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func stream(
        _ request: CompletionRequest, keepsReply: Bool = true
    ) async throws(ClientError) -> CompletionStream {
        try await events(of: request, isStreamed: true, keepsReply: keepsReply)
    }

    /// The events of completions, which the server is asked to stream or not: complete ones are a single chunk, and have
    /// arrived when this returns.
    package nonisolated(nonsending) func events(
        of request: CompletionRequest, isStreamed: Bool, keepsReply: Bool
    ) async throws(ClientError) -> CompletionStream {
        var body = request.body(model: try model(or: request.model))
        if isStreamed { body["stream"] = true }
        let count = (body["n"]?.number?.int ?? 1).multipliedReportingOverflow(by: max(1, request.prompts.count))
        let expected = count.overflow ? .max : count.partialValue
        while true {
            let includesUsage = isStreamed && !quirks.refusesStreamOptions
            body["stream_options"] = includesUsage ? ["include_usage": true] : nil
            let call = Call(self, .post, "completions", body: .object(body), isStream: isStreamed)
            do throws(ClientError) {
                return CompletionStream(
                    try await begin(call) { info in
                        CompletionFold(response: info, keepsReply: keepsReply, expecting: expected)
                    })
            } catch {
                guard includesUsage, learnsStreamOptionsRefusal(from: error) else { throw error }
            }
        }
    }

    /// One prompt as it is, several as an array.
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
