internal import Martlet
internal import MartletClient

/// A chat whose reply comes as events.
struct FoldedChat: Sendable {
    private let request: ChatRequest
    private let run: FoldedRun

    init(_ request: ChatRequest, by gateway: Gateway) {
        self.request = request
        run = FoldedRun(UpstreamBody(of: request), request.context, by: gateway)
    }

    func run(to sink: StreamSink) async throws {
        try await run.fold(
            to: sink, as: ChatTranslation(readsLogprobs: request.topLogprobs != nil), isStreamed: request.stream
        ) {
            (client, body) async throws(ClientError) in
            var client = client
            // Log-probabilities belong to the text as it comes.
            client.separatesReasoning = request.topLogprobs == nil
            var chat = Client.ChatRequest(json: body)
            chat.messages = request.messages
            let stream = try await client.events(of: chat, isStreamed: request.stream, keepsReply: false)
            return (stream, stream.response)
        }
    }
}

/// A completion of one prompt whose reply comes as events.
struct FoldedCompletion: Sendable {
    private let request: TokenRequest
    private let run: FoldedRun

    init(_ request: TokenRequest, by gateway: Gateway) {
        self.request = request
        run = FoldedRun(UpstreamBody(of: request), request.context, by: gateway)
    }

    func run(to sink: StreamSink) async throws {
        // The best of several choices are known when all are complete.
        let isStreamed = request.body["stream"]?.bool != false && request.bestOf <= request.n
        try await run.fold(
            to: sink, as: CompletionTranslation(readsLogprobs: request.topLogprobs != nil), isStreamed: isStreamed
        ) {
            (client, body) async throws(ClientError) in
            let completion = Client.CompletionRequest(
                prompts: [request.upstreamPrompt], options: GenerationOptions(extra: body))
            let stream = try await client.events(of: completion, isStreamed: isStreamed, keepsReply: false)
            return (stream, stream.response)
        }
    }
}

/// Texts whose vectors an upstream computes.
struct FoldedEmbedding: Sendable {
    private let request: EmbeddingRequest
    private let run: FoldedRun

    init(_ request: EmbeddingRequest, by gateway: Gateway) {
        self.request = request
        run = FoldedRun(UpstreamBody(of: request), request.context, by: gateway)
    }

    func run() async throws -> Embeddings {
        var result = Embeddings([])
        try await run.run { attempt in
            let reply = try await attempt.client.embed(request.inputs, extra: attempt.body)
            attempt.didBegin(reply.response)
            result = Embeddings(reply.vectors, promptTokens: reply.usage?.plausible.promptTokens)
            result.upstream = attempt.upstream
        }
        return result
    }
}
