internal import Logging
internal import MartletHTTP
internal import MartletJSON
public import MartletOpenAI

extension Client {
    /// Sends a request and returns the complete reply.
    public nonisolated(nonsending) func chat(_ request: ChatRequest) async throws(ClientError) -> ChatReply {
        try await reply(to: request, through: dialect.api)
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
        try await events(of: request, through: dialect.api, isStreamed: isStreamed, keepsReply: keepsReply)
    }

    /// Sends one user message and returns the reply as a stream.
    public nonisolated(nonsending) func stream(_ text: String) async throws(ClientError) -> ChatStream {
        try await stream(ChatRequest(messages: [.user(text)]))
    }

    /// Sends a conversation and returns the reply as a stream.
    public nonisolated(nonsending) func stream(_ messages: [ChatMessage]) async throws(ClientError) -> ChatStream {
        try await stream(ChatRequest(messages: messages))
    }

    // MARK: Through an API

    nonisolated(nonsending) func reply(
        to request: ChatRequest, through api: any ChatAPI
    ) async throws(ClientError) -> ChatReply {
        try await adapting(request, api, isStreamed: false) { (body) async throws(ClientError) -> ChatReply in
            try await perform(Call(self, .post, api.path, body: .object(body))) { (response) throws(ClientError) in
                try ChatReply(
                    response, reasoningTag: separatesReasoning ? reasoningTag : nil, decoder: api.decoder(for: body))
            }
        }
    }

    nonisolated(nonsending) func events(
        of request: ChatRequest, through api: any ChatAPI, isStreamed: Bool, keepsReply: Bool
    ) async throws(ClientError) -> ChatStream {
        try await adapting(request, api, isStreamed: isStreamed) { (body) async throws(ClientError) -> ChatStream in
            let call = Call(self, .post, api.path, body: .object(body), isStream: isStreamed)
            return ChatStream(
                try await begin(call) { info in
                    ChatFold(
                        response: info, keepsReply: keepsReply, reasoningTag: separatesReasoning ? reasoningTag : nil,
                        decoder: api.decoder(for: body))
                })
        }
    }

    // MARK: Parameters that a server refuses

    /// Builds the body and sends it. If the server refuses `stream_options`, thinking, or earlier reasoning, sends it
    /// once more without, and records that for later requests.
    private nonisolated(nonsending) func adapting<Result>(
        _ request: ChatRequest, _ api: any ChatAPI, isStreamed: Bool,
        _ send: (JSONObject) async throws(ClientError) -> Result
    ) async throws(ClientError) -> Result {
        let model = try model(or: request.model)
        while true {
            let rendering = ChatRequest.Rendering(
                model: model, systemPrompt: systemPrompt, isStreamed: isStreamed,
                includesUsage: !quirks.refusesStreamOptions, thinks: !quirks.refusesThinking(model),
                sendsReasoning: !quirks.refusesReasoning)
            do throws(ClientError) {
                return try await send(try api.body(of: request, rendering))
            } catch {
                guard learns(from: error, rendering, request, api) else { throw error }
            }
        }
    }

    /// Whether the error reports an unsupported parameter that was sent; if so, records it.
    private func learns(
        from error: ClientError, _ rendering: ChatRequest.Rendering, _ request: ChatRequest, _ api: any ChatAPI
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
        if request.thinking != nil, rendering.thinks, api.refusesThinking(error, of: rendering.model) {
            logger?.notice(
                "model refuses thinking parameters; they are no longer sent", metadata: ["model": "\(rendering.model)"])
            quirks.recordThinkingRefused(rendering.model)
            return true
        }
        return false
    }
}
