public import Martlet
internal import MartletUV

/// A backend for a model that is only a forward pass: continuous batching, a paged cache with shared prefixes, sampling,
/// log-probabilities and streams.
///
/// One thread owns the model. Requests join and leave at any step, and the result of each is independent of the others.
public struct Engine<Model: LanguageModel>: ChatBackend, CompletionBackend, EmbeddingBackend, Tokenizing {
    /// The model that is served.
    public let model: Model
    private let name: String
    private let configuration: LanguageModelConfiguration
    private let limits: EngineLimits
    private let thread: EngineThread<EngineMessage>
    private let board = EngineCounterBoard()
    let constraints: ReplyConstraints
    /// The requests that are tokenized at once: the server passes all that it accepts, running or not.
    private let tokenizing: Admission

    /// Serves `model` under the id `name`. The thread ends with `shutdown()`, or with the last copy of the engine.
    public init(_ model: Model, name: String, limits: EngineLimits = EngineLimits()) {
        self.model = model
        self.name = name
        self.limits = limits
        configuration = model.configuration
        tokenizing = Admission(limit: limits.running)
        constraints = ReplyConstraints(model)
        thread = EngineThread { [board] in
            var worker = EngineWorker(model, limits: limits, board: board)
            return { messages in worker.turn(messages) }
        }
    }

    public func listModels() -> [Martlet.Model] { [Martlet.Model(id: name)] }

    public var maxConcurrency: Int { limits.running }
    public var retainedBody: RetainedBody { [] }

    public var schedulesItself: Bool { true }
    public var yieldsWhilePaused: Bool { true }

    public func contextLength(of model: String) -> Int? { configuration.contextLength }

    public func capabilities(of model: String) -> Capabilities {
        self.model.capabilities.union([.choices, .bestOf, .logprobs, .echo, .logitBias, .responseFormat])
            .union(self.model.callsTools ? [.tools, .toolChoice] : [])
    }

    public func details(of model: String) -> ModelDetails {
        var details = self.model.details
        details.vocabularySize = details.vocabularySize ?? configuration.vocabularySize
        return details
    }

    public func shutdown() async { await thread.stop() }

    /// Load and totals, as of the last step.
    public var counters: EngineCounters { board.counters }

    public func statistics(of model: String) -> BackendStatistics? {
        let (counters, steps) = (counters, board.stepSizes.totals)
        var statistics = BackendStatistics()
        statistics.cacheUsage = counters.blocks > 0 ? Double(counters.usedBlocks) / Double(counters.blocks) : nil
        statistics.prefixQueries = counters.promptTokens
        statistics.prefixHits = counters.cachedTokens
        statistics.preemptions = counters.preemptions
        statistics.iterationTokens = BucketCounts(
            bounds: board.stepSizes.bounds.map(Double.init), counts: steps.counts, sum: Double(steps.sum))
        return statistics
    }

    // MARK: Generating

    public func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        let (generation, output) = try await tokenizing.limit { try prepare(request) }
        try await sink.emit(.usage(promptTokens: generation.prompt.count))
        try await sink.withMailbox(wake: thread.wake) { try post(.generate(generation, output, .mailbox($0))) }
    }

    public func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
        let (generation, output) = try prepare(request)
        try await sink.withMailbox(wake: thread.wake) { try post(.generate(generation, output, .mailbox($0))) }
    }

    private func prepare(_ request: ChatRequest) throws -> (EngineRequest, EngineMessage.Output) {
        let callsTools = !request.tools.isEmpty && request.toolChoice != .none
        if callsTools, !model.callsTools {
            throw BackendError.invalidValue("tools", "This model cannot call tools.")
        }
        var generation = EngineRequest(prompt: try model.encodePrompt(request))
        try check(generation.prompt, "messages", maxTokens: request.maxTokens ?? 1)
        generation.sampling = try checked(request.sampling)
        generation.seed = Self.seed(of: request.sampling)
        (generation.principal, generation.deadline) = (request.context.principal?.id, request.context.deadline)
        generation.maxTokens = request.maxTokens
        generation.choices = request.n
        generation.topLogprobs = request.topLogprobs
        let reply = try reply(to: request, callsTools: callsTools)
        generation.matcher = try reply.map { try matcher(of: $0, for: request) }
        return (generation, output(of: request, reply, callsTools: callsTools))
    }

    private func prepare(_ request: TokenRequest) throws -> (EngineRequest, EngineMessage.Output) {
        var generation = EngineRequest(prompt: request.promptTokenIDs)
        try check(generation.prompt, "prompt", maxTokens: request.maxTokens)
        generation.sampling = try checked(request.sampling)
        generation.seed = Self.seed(of: request.sampling)
        (generation.principal, generation.deadline) = (request.context.principal?.id, request.context.deadline)
        generation.maxTokens = request.maxTokens
        generation.choices = request.bestOf
        generation.topLogprobs = request.topLogprobs
        generation.scoresPrompt = request.echo
        generation.matcher = try matcher(for: request)
        var output = EngineMessage.Output()
        if request.bestOf > request.n {
            // Candidates are compared by their log-probabilities, and end where the server would end them.
            generation.topLogprobs = request.topLogprobs ?? 0
            output.stop = request.stop
            output.selectionCount = request.n
        }
        return (generation, output)
    }

    private static func seed(of sampling: SamplingParameters) -> UInt64 {
        sampling.seed.map { UInt64(bitPattern: Int64($0)) } ?? .random(in: .min ... .max)
    }

    // MARK: Generating in process

    /// Generates the reply to a chat in this process, without a server.
    ///
    /// The first event has the prompt's token count. Stop strings, the request's and the template's, match the text as the
    /// model writes it.
    public func generate(_ request: ChatRequest) -> GenerationEvents {
        GenerationEvents {
            var (generation, output) = try prepare(request)
            output.stop += request.stop
            return try start(generation, output)
        }
    }

    /// Generates the continuation of a prompt in this process, without a server.
    ///
    /// The first event has the prompt's token count.
    public func generate(_ request: TokenRequest) -> GenerationEvents {
        GenerationEvents {
            var (generation, output) = try prepare(request)
            output.stop = request.stop
            return try start(generation, output)
        }
    }

    /// Generates the continuation of a text in this process, without a server.
    public func generate(
        _ prompt: String, maxTokens: Int = 16, sampling: SamplingParameters = SamplingParameters()
    ) -> GenerationEvents {
        GenerationEvents {
            let tokens = model.encode(prompt, parsesSpecialTokens: true)
            let request = TokenRequest(
                model: name, promptTokenIDs: tokens, maxTokens: maxTokens, sampling: sampling)
            let (generation, output) = try prepare(request)
            return try start(generation, output)
        }
    }

    private func start(_ generation: EngineRequest, _ output: EngineMessage.Output) throws -> EventBuffer {
        let buffer = EventBuffer(wake: thread.wake)
        buffer.offer(.usage(promptTokens: generation.prompt.count))
        try post(.generate(generation, output, .buffer(EventWriter(buffer))))
        return buffer
    }

    // MARK: Embedding

    public func embeddings(for request: EmbeddingRequest) async throws -> Embeddings {
        guard configuration.hiddenSize > 0 else { throw BackendError.notSupported("This model does not embed.") }
        let context = request.context
        var inputs: [EngineRequest] = []
        for input in request.inputs {
            let prompt =
                switch input {
                case .tokenIDs(let ids): ids
                case .text(let text): model.encode(text, parsesSpecialTokens: true)
                }
            try check(prompt, "input", maxTokens: 0)
            inputs.append(EngineRequest(prompt: prompt, principal: context.principal?.id, deadline: context.deadline))
        }
        // The engine reports no result for a request without inputs.
        if inputs.isEmpty { return Embeddings([], promptTokens: 0) }
        let (ready, result) = (inputs, EmbeddingResult(count: inputs.count))
        // A sink without events: the mailbox only carries the end of the work, and cancellation.
        try await StreamSink({ _ in }).withMailbox(wake: thread.wake) { try post(.embed(ready, result, $0)) }
        return Embeddings(result.vectors, promptTokens: inputs.reduce(0) { $0 + $1.prompt.count })
    }

    private func post(_ message: EngineMessage) throws {
        if !thread.post(message) { throw BackendError.modelStopped }
    }

    // MARK: Tokenizing

    public func encode(_ text: String, model: String) -> [Int] {
        encode(text, model: model, parsesSpecialTokens: true)
    }

    public func encode(_ text: String, model: String, parsesSpecialTokens: Bool) -> [Int] {
        self.model.encode(text, parsesSpecialTokens: parsesSpecialTokens)
    }

    public func tokenizerInfo(of model: String) -> TokenizerInfo {
        let end = configuration.endTokens.min().map { String(decoding: self.model.bytes(of: $0), as: UTF8.self) }
        return TokenizerInfo(endOfText: end, vocabularySize: configuration.vocabularySize)
    }

    public func decode(_ tokenIDs: [Int], model: String) throws -> String {
        try checkVocabulary(tokenIDs, "tokens")
        return String(decoding: tokenIDs.flatMap(self.model.bytes), as: UTF8.self)
    }

    public func applyTemplate(_ request: ChatRequest) throws -> [Int] { try model.encodePrompt(request) }

    // MARK: Checking

    /// Throws unless the tokens are in the vocabulary and leave room for one more, if `maxTokens` is above 0; also if that
    /// is negative. `param` is the parameter that an error of the prompt names.
    private func check(_ prompt: [Int], _ param: String, maxTokens: Int) throws {
        guard maxTokens >= 0 else {
            throw BackendError.invalidValue("max_tokens", "`max_tokens` must be at least 0, but it is \(maxTokens).")
        }
        guard !prompt.isEmpty else {
            throw BackendError.invalidValue(param, "`\(param)` must have at least one token, but it has none.")
        }
        try checkVocabulary(prompt, param)
        guard prompt.count + min(1, maxTokens) <= configuration.contextLength else {
            throw BackendError.contextLengthExceeded(
                param, promptTokens: prompt.count, completionTokens: maxTokens,
                contextLength: configuration.contextLength)
        }
    }

    private func checkVocabulary(_ tokens: some Sequence<Int>, _ param: String) throws {
        guard let stranger = tokens.first(where: { !(0..<configuration.vocabularySize).contains($0) }) else { return }
        throw BackendError.invalidValue(
            param,
            "The token id \(stranger) is not in this model's vocabulary, which ends at "
                + "\(configuration.vocabularySize - 1). Ids of another tokenizer mean nothing here: send text. "
                + "LangChain's OpenAIEmbeddings does with check_embedding_ctx_length=False.")
    }

    private func checked(_ sampling: SamplingParameters) throws -> SamplingParameters {
        try checkVocabulary(sampling.logitBias.keys.sorted(), "logit_bias")
        try checkVocabulary(sampling.stopTokenIDs, "stop_token_ids")
        return sampling
    }
}
