internal import Logging
internal import MartletHTTP
internal import MartletJSON
public import MartletOpenAI

extension Client {
    /// Sends a request and returns the complete reply.
    public nonisolated(nonsending) func chat(_ request: ChatRequest) async throws(ClientError) -> ChatReply {
        try await adapting(request, isStreamed: false) { (body) async throws(ClientError) -> ChatReply in
            let call = Call(self, .post, "chat/completions", body: .object(body))
            return try await perform(call) { (response) throws(ClientError) in
                try ChatReply(response, reasoningTag: separatesReasoning ? reasoningTag : nil)
            }
        }
    }

    /// Sends one user message and returns the complete reply.
    public nonisolated(nonsending) func chat(_ text: String) async throws(ClientError) -> ChatReply {
        try await chat(ChatRequest(messages: [.user(text)]))
    }

    /// Sends a conversation and returns the complete reply.
    public nonisolated(nonsending) func chat(_ messages: [ChatMessage]) async throws(ClientError) -> ChatReply {
        try await chat(ChatRequest(messages: messages))
    }

    /// Sends a request and returns when the first event has arrived. Until then failures are retried as the policy
    /// allows, including a stream that begins with an error; afterwards nothing is retried.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - keepsReply: Whether the stream accumulates its events for `replySoFar` and `reply()`.
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func stream(
        _ request: ChatRequest, keepsReply: Bool = true
    ) async throws(ClientError) -> ChatStream {
        try await events(of: request, isStreamed: true, keepsReply: keepsReply)
    }

    /// The events of a reply, which the server is asked to stream or not: a complete one is a single chunk, and has arrived
    /// when this returns.
    package nonisolated(nonsending) func events(
        of request: ChatRequest, isStreamed: Bool, keepsReply: Bool
    ) async throws(ClientError) -> ChatStream {
        try await adapting(request, isStreamed: isStreamed) { (body) async throws(ClientError) -> ChatStream in
            let call = Call(self, .post, "chat/completions", body: .object(body), isStream: isStreamed)
            return ChatStream(
                try await begin(call) { info in
                    ChunkFold(
                        response: info, keepsReply: keepsReply, reasoningTag: separatesReasoning ? reasoningTag : nil,
                        expecting: body["n"]?.number?.int ?? 1)
                })
        }
    }

    /// Sends one user message and returns the reply as a stream.
    public nonisolated(nonsending) func stream(_ text: String) async throws(ClientError) -> ChatStream {
        try await stream(ChatRequest(messages: [.user(text)]))
    }

    /// Sends a conversation and returns the reply as a stream.
    public nonisolated(nonsending) func stream(_ messages: [ChatMessage]) async throws(ClientError) -> ChatStream {
        try await stream(ChatRequest(messages: messages))
    }

    // MARK: Parameters that a server refuses

    /// Builds the body and sends it. If the server refuses `stream_options`, thinking, or earlier reasoning, sends it
    /// once more without, and records that for later requests.
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

    /// Whether the error reports an unsupported parameter that was sent; if so, records it.
    private func learns(
        from error: ClientError, _ rendering: ChatRequest.Rendering, _ request: ChatRequest
    ) -> Bool {
        guard error.status == 400 || error.status == 422 else { return false }
        let words = String(decoding: error.body, as: UTF8.self).lowercased()
        if rendering.isStreamed, rendering.includesUsage, learnsStreamOptionsRefusal(from: error) { return true }
        if rendering.sendsReasoning, words.contains("reasoning_content"),
            request.messages.contains(where: { $0.reasoning != nil })
        {
            logger?.notice("server refuses reasoning_content; it is no longer sent")
            quirks.recordReasoningRefused()
            return true
        }
        let names = ["thinking", "reasoning", "chat_template_kwargs"]
        // The name of the model may contain such a word.
        let isNamed = names.contains { !rendering.model.lowercased().contains($0) && words.contains($0) }
        if request.thinking != nil, rendering.thinks, isNamed {
            logger?.notice(
                "model refuses thinking parameters; they are no longer sent", metadata: ["model": "\(rendering.model)"])
            quirks.recordThinkingRefused(rendering.model)
            return true
        }
        return false
    }
}
