internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// A backend as the endpoints see it: what it conforms to, found out once, and what all requests share.
final class Service: Sendable {
    let backend: any Backend
    let chat: (any ChatBackend)?
    let completion: (any CompletionBackend)?
    let embedding: (any EmbeddingBackend)?
    let tokenizing: (any Tokenizing)?
    /// Whether the backend's methods run on the loops.
    let runsOnLoop: Bool
    /// The backend's own threads, if its placement asks for them.
    let threads: ThreadPool?
    let retainedBody: RetainedBody
    /// For all bodies, what is read from them, and replies.
    let memory: MemoryBudget
    let configuration: ServerConfiguration
    let allowedOrigins: AllowedOrigins
    let admission: Admission
    let gauges: Gauges
    let customRoutes = CustomRoutes()
    /// Seconds since 1970; the `created` of models that do not say.
    let startTime: Int

    init(
        _ backend: any Backend, threads: ThreadPool? = nil, configuration: ServerConfiguration,
        allowedOrigins: AllowedOrigins = AllowedOrigins()
    ) {
        self.threads = threads
        self.backend = backend
        chat = backend as? any ChatBackend
        completion = backend as? any CompletionBackend
        embedding = backend as? any EmbeddingBackend
        tokenizing = backend as? any Tokenizing
        runsOnLoop = backend.placement == .loop
        retainedBody = backend.retainedBody
        memory = MemoryBudget(limit: configuration.memoryBudget)
        self.configuration = configuration
        self.allowedOrigins = allowedOrigins
        gauges = Gauges(memory: memory)
        admission = Admission(
            permits: backend.maxConcurrency, maximumWaiting: configuration.maximumWaiting,
            yieldsWhilePaused: backend.yieldsWhilePaused, running: gauges.running, waiting: gauges.waiting)
        startTime = EventLoop.unixTime
    }

    // MARK: What every endpoint that runs a model does

    /// The model of a request that names it, or the only one there is.
    nonisolated(nonsending) func resolveModel(of body: JSONObject) async throws -> Model {
        let name = try RequestBody.model(of: body)
        let models = try await backend.listModels()
        if let name {
            guard let model = model(named: name, among: models) else { throw OpenAIError.modelNotFound(name) }
            return model
        }
        guard models.count == 1 || configuration.acceptsAnyModel, let only = models.first else {
            throw OpenAIError.missingParameter("model", "Name a model in `model`; GET /v1/models lists them.")
        }
        return only
    }

    private func model(named name: String, among models: [Model]) -> Model? {
        if let model = models.first(where: { $0.id == name }) { return model }
        if let id = configuration.modelAliases[name] { return models.first { $0.id == id } }
        return configuration.acceptsAnyModel ? models.first : nil
    }

    /// The models, and behind them their aliases.
    nonisolated(nonsending) func modelsAndAliases() async throws -> [Model] {
        let models = try await backend.listModels()
        return models
            + configuration.modelAliases.sorted { $0.key < $1.key }.compactMap { alias, id in
                guard var model = models.first(where: { $0.id == id }), !models.contains(where: { $0.id == alias })
                else { return nil }
                model.id = alias
                return model
            }
    }

    /// What came with a request besides its parameters.
    func context(of request: HTTPRequest) -> RequestContext {
        RequestContext(
            requestID: request.requestID,
            deadline: configuration.requestTimeout.map { request.arrival + $0 },
            headers: request.fields.map { ($0.name, $0.value) },
            body: retainedBody.contains(.bytes) ? request.body : [])
    }

    /// Runs `body` with a permit once the backend is ready for it.
    nonisolated(nonsending) func admit(
        _ body: nonisolated(nonsending) (_ permit: Permit, _ hasWaited: Bool) async throws -> Void
    ) async throws {
        guard backend.isReady else {
            throw BackendError.unavailable(
                "The backend is not ready yet. Try again soon.", retryAfter: admission.retryAfter)
        }
        try await admission.withPermit(body)
    }

    /// Runs `generate` for a reply and ends it.
    nonisolated(nonsending) func generate(
        _ reply: Reply, isStreamed: Bool, _ generate: nonisolated(nonsending) (Permit) async throws -> Void
    ) async throws {
        try await admit { permit, hasWaited in
            if isStreamed { gauges.openStreams.add(1) }
            defer { if isStreamed { gauges.openStreams.add(-1) } }
            reply.begin(hasWaited: hasWaited)
            try await generate(permit)
            try reply.complete()
        }
    }

    /// Has a backend answer one prompt. An answer that a stop string or a limit has ended is complete, however the
    /// backend took that.
    nonisolated(nonsending) func run(
        _ reply: Reply, promptIndex: Int, by permit: Permit,
        _ answer: @Sendable (StreamSink) async throws -> Void
    ) async throws {
        do {
            let sink = StreamSink(.reply(reply, promptIndex: promptIndex, permit: permit))
            try await onThreads { try await answer(sink) }
        } catch {
            guard reply.isOver(promptIndex: promptIndex), !reply.stream.isCancelled else { throw error }
            logLate(error)
        }
        reply.end(promptIndex: promptIndex)
    }

    /// The token ids of prompts or inputs. Each leaves room in the model's context for one token of an answer, unless
    /// an answer may have none.
    nonisolated(nonsending) func tokenIDs(
        of prompts: [Prompt], model: String, param: String, maxTokens: Int
    ) async throws -> [[Int]] {
        try await offLoop(on: threads) {
            var result: [[Int]] = []
            for prompt in prompts {
                // The client may leave while thousands are encoded.
                try Task.checkCancellation()
                let ids = try await self.tokenIDs(of: prompt, model: model, param: param)
                if let limit = self.backend.contextLength(of: model), ids.count + min(1, maxTokens) > limit {
                    throw BackendError.contextLengthExceeded(
                        param, promptTokens: ids.count, completionTokens: maxTokens, contextLength: limit)
                }
                result.append(ids)
            }
            return result
        }
    }

    /// The token ids of one prompt, however many they are.
    nonisolated(nonsending) func tokenIDs(
        of prompt: Prompt, model: String, param: String
    ) async throws -> [Int] {
        switch prompt {
        case .tokenIDs(let ids):
            return ids
        case .text(let text):
            guard let tokenizing else {
                throw OpenAIError.invalidValue(
                    param, "This backend has no tokenizer: send `\(param)` as a list of token ids.")
            }
            return try await tokenizing.encode(text, model: model)
        }
    }

    /// Counts so many bytes more of a reply in the making, if they are many.
    ///
    /// - Throws: `MemoryBudget.Exceeded`, which becomes 503, or 413 where they would never fit.
    func reserve(_ bytes: Int, for response: ResponseStream) throws(MemoryBudget.Exceeded) {
        if bytes > MemoryBudget.free { try response.memory.add(bytes) }
    }

    /// Runs a call of the backend on the backend's own threads, if it has any; else where the task runs.
    nonisolated(nonsending) func onThreads<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        guard let threads else { return try await body() }
        return try await withTaskExecutorPreference(threads) { try await body() }
    }

    /// Runs what may take long on the global pool, or on `threads`: nothing that computes runs on a loop.
    nonisolated(nonsending) func offLoop<Result: Sendable>(
        on threads: ThreadPool? = nil, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        if threads != nil { return try await onThreads(body) }
        if !runsOnLoop { return try await body() }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await body() }
    }
}
