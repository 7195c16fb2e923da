public import Martlet
internal import MartletUV

/// A GPT-2 that chats, completes, embeds and tokenizes on the CPU. For development and tests: no GPU, key or network.
///
/// The model runs on a thread of the backend's own; requests meet it through mailboxes.
public struct ToyBackend: ChatBackend, CompletionBackend, EmbeddingBackend, Tokenizing {
    private let model: ToyModel
    private let name: String
    private let engine: EngineThread<ToyRequest>

    /// Serves `model` under the id `name`.
    public init(_ model: ToyModel, name: String = "toy") {
        self.model = model
        self.name = name
        engine = EngineThread {
            var worker = ToyWorker(model)
            return { requests in worker.turn(requests) }
        }
    }

    public func listModels() -> [Model] { [Model(id: name)] }

    public var maxConcurrency: Int { ToyEngine.Limits().running }

    public func contextLength(of model: String) -> Int? { self.model.network.configuration.contextLength }

    public func shutdown() async { engine.stop() }

    // MARK: Generating

    public func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        let prompt = try prompt(applyTemplate(request), "messages", room: 1)
        try await sink.emit(.usage(promptTokens: prompt.ids.count))
        try await generate(prompt, request.sampling, request.maxTokens, stop: model.template.stopStrings, to: sink)
    }

    public func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
        let prompt = try prompt(request.promptTokenIDs, "prompt", room: 1)
        try await generate(prompt, request.sampling, request.maxTokens, stop: [], to: sink)
    }

    private func generate(
        _ prompt: TokenPrompt, _ parameters: SamplingParameters, _ maximumTokens: Int?, stop: [String],
        to sink: StreamSink
    ) async throws {
        let sampling = Sampling(temperature: Float(parameters.temperature), topP: Float(parameters.topP))
        let seed = parameters.seed.map { UInt64(bitPattern: Int64($0)) } ?? .random(in: .min ... .max)
        try await sink.withMailbox(wake: engine.wake) { mailbox in
            try post(
                .generate(
                    prompt, sampling, seed: seed, maximumTokens: maximumTokens, stop: StopMatcher(stop), mailbox))
        }
    }

    // MARK: Embedding

    public func embeddings(for request: EmbeddingRequest) async throws -> Embeddings {
        var prompts: [TokenPrompt] = []
        for input in request.inputs {
            switch input {
            case .tokenIDs(let ids): prompts.append(try prompt(ids, "input", room: 0))
            case .text(let text): prompts.append(try prompt(encode(text, model: name), "input", room: 0))
            }
        }
        // The engine has no result to end such a job with.
        if prompts.isEmpty { return Embeddings([], promptTokens: 0) }
        let result = EmbeddingResult()
        // A sink that takes no events: the mailbox only tells when the engine is done, and the engine when to stop.
        try await StreamSink({ _ in }).withMailbox(wake: engine.wake) { mailbox in
            try post(.embed(prompts, result, mailbox))
        }
        return Embeddings(result.vectors, promptTokens: prompts.reduce(0) { $0 + $1.ids.count })
    }

    private func post(_ request: ToyRequest) throws {
        if !engine.post(request) { throw BackendError.unavailable("The model has been stopped.") }
    }

    // MARK: Tokenizing

    public func encode(_ text: String, model: String) -> [Int] {
        self.model.tokenizer.encode(text, parsingSpecialTokens: true)
    }

    public func decode(_ tokenIDs: [Int], model: String) throws -> String {
        do {
            return try self.model.tokenizer.decode(tokenIDs, skippingSpecialTokens: false)
        } catch {
            throw BackendError.invalidValue("tokens", error.description)
        }
    }

    public func applyTemplate(_ request: ChatRequest) -> [Int] {
        let messages = request.messages.map { ChatTemplate.Message(role: $0.role.rawValue, content: $0.text) }
        return model.template.encode(messages, with: model.tokenizer)
    }

    /// Ids as the engine takes them; `param` is what a refusal names.
    private func prompt(_ ids: [Int], _ param: String, room: Int) throws -> TokenPrompt {
        do {
            return try TokenPrompt(ids, room: room, in: model.network.configuration)
        } catch .tooLong(let count, let limit) {
            throw BackendError.contextLengthExceeded(param, promptTokens: count, contextLength: limit + room)
        } catch {
            throw BackendError.invalidValue(param, error.description)
        }
    }
}

/// What the engine is asked to do, and where the answer goes.
private enum ToyRequest: Sendable {
    case generate(
        TokenPrompt, Sampling, seed: UInt64, maximumTokens: Int?, stop: StopMatcher, Mailbox)
    case embed([TokenPrompt], EmbeddingResult, Mailbox)
}

/// Vectors on their way from the engine's thread.
private final class EmbeddingResult: Sendable {
    private let gathered = Locked<[[Float]]>([])

    var vectors: [[Float]] { gathered.withLock { $0 } }

    func add(_ vector: [Float]) { gathered.withLock { $0.append(vector) } }
}

/// Runs the engine for its mailboxes. On the engine's thread only.
private struct ToyWorker {
    private struct Stream {
        let mailbox: Mailbox
        var stop: StopMatcher
    }

    private let tokenizer: Tokenizer
    private var engine: ToyEngine
    private var streams: [JobID: Stream] = [:]
    private var embeddings: [JobID: (result: EmbeddingResult, mailbox: Mailbox, inputs: Int)] = [:]

    init(_ model: ToyModel) {
        tokenizer = model.tokenizer
        engine = ToyEngine(model)
    }

    /// One step of the engine. Returns whether there is something to do without being woken.
    mutating func turn(_ requests: [ToyRequest]) -> Bool {
        for request in requests { accept(request) }
        dropCancelled()
        let held = Set(streams.filter { !$0.value.mailbox.hasCredit }.keys)
        var step = MailboxStep()
        for result in engine.step(holding: held) {
            switch result {
            case .token(let id, let token, let end): tell(id, token, end, &step)
            case .embedding(let id, _, let vector): tell(id, vector, &step)
            }
        }
        step.send()
        // Permits are as many as the engine runs, so no generation waits in it behind streams that are held.
        return streams.count > held.count || !embeddings.isEmpty
    }

    private mutating func accept(_ request: ToyRequest) {
        switch request {
        case .generate(let prompt, let sampling, let seed, let maximumTokens, let stop, let mailbox):
            let id = engine.generate(prompt, sampling: sampling, seed: seed, maximumTokens: maximumTokens)
            streams[id] = Stream(mailbox: mailbox, stop: stop)
        case .embed(let prompts, let result, let mailbox):
            embeddings[engine.embed(prompts)] = (result, mailbox, prompts.count)
        }
    }

    /// Letting go of a mailbox ends its request.
    private mutating func dropCancelled() {
        for (id, stream) in streams where stream.mailbox.isCancelled { drop(id) }
        for (id, embedding) in embeddings where embedding.mailbox.isCancelled { drop(id) }
    }

    private mutating func drop(_ id: JobID) {
        engine.cancel(id)
        streams[id] = nil
        embeddings[id] = nil
    }

    private mutating func tell(_ id: JobID, _ token: Int, _ end: StepResult.End?, _ step: inout MailboxStep) {
        guard var stream = streams[id] else { return }
        // The token that ends a text is no part of it; only what a stop string held back until then is told with it.
        let bytes = end == .stop ? [] : tokenizer.visibleBytes(of: token)
        let (told, isStopped) = stream.stop.receive(bytes)
        let isOver = isStopped || end != nil
        let text = isOver ? told + stream.stop.finish() : told
        if end != .stop || !text.isEmpty { step.offer(.token(Token(id: token, bytes: text)), to: stream.mailbox) }
        guard isOver else {
            streams[id] = stream
            return
        }
        step.offer(.finish(end == .length && !isStopped ? .length : .stop), to: stream.mailbox)
        step.finish(stream.mailbox)
        drop(id)
    }

    private mutating func tell(_ id: JobID, _ vector: [Float], _ step: inout MailboxStep) {
        guard var embedding = embeddings[id] else { return }
        embedding.result.add(vector)
        embedding.inputs -= 1
        embeddings[id] = embedding.inputs > 0 ? embedding : nil
        if embedding.inputs == 0 { step.finish(embedding.mailbox) }
    }
}

extension Tokenizer {
    /// The bytes that a token adds to a text: none for a special one.
    fileprivate func visibleBytes(of id: Int) -> [UInt8] {
        if specialIDs.contains(id) { return [] }
        // The model has logits for ids up to its own vocabulary size, and padding may follow the tokenizer's.
        return (try? decode(id)) ?? []
    }
}
