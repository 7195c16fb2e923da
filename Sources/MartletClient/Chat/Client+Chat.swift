internal import Logging
internal import MartletHTTP
internal import MartletJSON
public import MartletOpenAI

extension Client {
    /// Asks, and waits for the whole answer.
    ///
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func chat(_ request: ChatRequest) async throws(ClientError) -> ChatReply {
        try await adapting(request, isStreamed: false) { (body) async throws(ClientError) -> ChatReply in
            try await whole(Call(self, .post, "chat/completions", body: .object(body))) { (whole) throws(ClientError) in
                try ChatReply(reading: whole, thoughtTag: separatesThoughts ? thoughtTag : nil)
            }
        }
    }

    /// Asks one thing.
    public nonisolated(nonsending) func chat(_ text: String) async throws(ClientError) -> ChatReply {
        try await chat(ChatRequest(messages: [.user(text)]))
    }

    /// Goes on with a conversation, which stays the caller's.
    public nonisolated(nonsending) func chat(_ messages: [ChatMessage]) async throws(ClientError) -> ChatReply {
        try await chat(ChatRequest(messages: messages))
    }

    /// Asks, and returns as soon as the first event of the answer is there. Until then everything is tried again that
    /// the policy allows, also a stream that begins with an error; from then on nothing is.
    ///
    /// - Parameters:
    ///   - request: What is asked.
    ///   - keepsReply: Whether the stream keeps what it tells, for `replySoFar` and `reply()`.
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func stream(
        _ request: ChatRequest, keepsReply: Bool = true
    ) async throws(ClientError) -> ChatStream {
        try await adapting(request, isStreamed: true) { (body) async throws(ClientError) -> ChatStream in
            let call = Call(self, .post, "chat/completions", body: .object(body), isStream: true)
            return ChatStream(
                try await begin(call) { info in
                    ChunkFold(
                        response: info, keepsReply: keepsReply, thoughtTag: separatesThoughts ? thoughtTag : nil,
                        expecting: body["n"]?.number?.int ?? 1)
                })
        }
    }

    /// Asks one thing, and tells the answer as it comes.
    public nonisolated(nonsending) func stream(_ text: String) async throws(ClientError) -> ChatStream {
        try await stream(ChatRequest(messages: [.user(text)]))
    }

    /// Goes on with a conversation, and tells the answer as it comes.
    public nonisolated(nonsending) func stream(_ messages: [ChatMessage]) async throws(ClientError) -> ChatStream {
        try await stream(ChatRequest(messages: messages))
    }

    // MARK: What a server refuses

    /// Makes the body and sends it. A server that refuses `stream_options`, thinking, or the thoughts of earlier answers
    /// is asked once more without, and from then on without.
    private nonisolated(nonsending) func adapting<Result>(
        _ request: ChatRequest, isStreamed: Bool,
        _ send: (JSONObject) async throws(ClientError) -> Result
    ) async throws(ClientError) -> Result {
        let model = try model(or: request.model)
        while true {
            let rendering = ChatRequest.Rendering(
                model: model, systemPrompt: systemPrompt, dialect: dialect, isStreamed: isStreamed,
                includesUsage: !quirks.refusesStreamOptions, thinks: !quirks.refusesThinking(model),
                sendsReasoning: !quirks.refusesReasoning)
            do throws(ClientError) {
                return try await send(try request.body(rendering))
            } catch {
                guard learns(from: error, rendering, request) else { throw error }
            }
        }
    }

    /// Whether the error says what to leave out of what was sent.
    private func learns(
        from error: ClientError, _ rendering: ChatRequest.Rendering, _ request: ChatRequest
    ) -> Bool {
        guard error.status == 400 || error.status == 422 else { return false }
        let words = String(decoding: error.body, as: UTF8.self).lowercased()
        if rendering.isStreamed, rendering.includesUsage, learnsStreamOptionsRefusal(from: error) { return true }
        if rendering.sendsReasoning, words.contains("reasoning_content"),
            request.messages.contains(where: { $0.reasoning != nil })
        {
            logger?.notice("server refuses reasoning_content; earlier thoughts are not sent")
            quirks.recordReasoningRefused()
            return true
        }
        let names = ["thinking", "reasoning", "chat_template_kwargs"]
        // A model's own name may have such a word in it.
        let isNamed = names.contains { !rendering.model.lowercased().contains($0) && words.contains($0) }
        if request.thinking != nil, rendering.thinks, isNamed {
            logger?.notice("model refuses thinking; it is asked without", metadata: ["model": "\(rendering.model)"])
            quirks.recordThinkingRefused(rendering.model)
            return true
        }
        return false
    }
}
