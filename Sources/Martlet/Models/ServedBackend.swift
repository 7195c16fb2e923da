internal import MartletHTTP
internal import MartletUV
internal import Synchronization

/// A backend as the server uses it: the refinements that it conforms to, found once, its permits and its threads.
///
/// A reference is a lease: a backend that was replaced is shut down when its last request has released it.
final class ServedBackend: Sendable {
    let backend: any Backend
    let chat: (any ChatBackend)?
    let completion: (any CompletionBackend)?
    let embedding: (any EmbeddingBackend)?
    let tokenizing: (any Tokenizing)?
    let relaying: (any RelayingBackend)?
    /// Whether the backend's methods run on the loops.
    let runsOnLoop: Bool
    let retainedBody: RetainedBody
    /// Its part of the server's counters.
    let running, waiting: Gauge
    /// Permits to generate.
    let admission: any PermitSource
    /// Permits to tokenize, as many as there are to generate.
    private let tokenizers: Admission
    /// The backend's threads, if its placement requires them.
    private let threads: ThreadPool?
    private let wasReady = Atomic<Bool>(false)
    private let isShutDown = Atomic<Bool>(false)

    /// Makes the backend's threads and starts the backend.
    ///
    /// - Throws: `ServerError` if threads cannot be created; errors of the backend's `start()`.
    static func start(
        _ backend: any Backend, configuration: ServerConfiguration, gauges: Gauges
    ) async throws -> ServedBackend {
        var threads: ThreadPool?
        if case .threads(let count) = backend.placement.kind {
            do { threads = try ThreadPool(count: count) } catch {
                throw ServerError(error)
            }
        }
        let served = ServedBackend(backend, threads: threads, configuration: configuration, gauges: gauges)
        do {
            try await backend.start()
        } catch {
            served.isShutDown.store(true, ordering: .relaxed)
            threads?.stop()
            throw error
        }
        return served
    }

    init(
        _ backend: any Backend, threads: ThreadPool? = nil, configuration: ServerConfiguration, gauges: Gauges
    ) {
        self.backend = backend
        self.threads = threads
        chat = backend as? any ChatBackend
        completion = backend as? any CompletionBackend
        embedding = backend as? any EmbeddingBackend
        tokenizing = backend as? any Tokenizing
        relaying = backend as? any RelayingBackend
        runsOnLoop = backend.placement == .loop
        retainedBody = backend.retainedBody
        running = Gauge(addingTo: gauges.running)
        waiting = Gauge(addingTo: gauges.waiting)
        admission =
            backend.schedulesItself
            ? BoundedAdmission(
                permits: backend.maxConcurrency, maximumWaiting: configuration.maximumWaiting,
                yieldsWhilePaused: backend.yieldsWhilePaused, running: running, waiting: waiting)
            : Admission(
                permits: backend.maxConcurrency, maximumWaiting: configuration.maximumWaiting,
                yieldsWhilePaused: backend.yieldsWhilePaused, running: running, waiting: waiting)
        tokenizers = Admission(permits: backend.maxConcurrency)
    }

    deinit {
        if isShutDown.load(ordering: .relaxed) { return }
        // The backend was replaced, and its last request has ended.
        Task { [backend, threads] in
            await backend.shutdown()
            threads?.stop()
        }
    }

    /// Shuts the backend down, once, and ends its threads.
    func shutdown() async {
        if isShutDown.exchange(true, ordering: .relaxed) { return }
        await backend.shutdown()
        threads?.stop()
    }

    // MARK: Readiness

    /// Whether the backend can serve now.
    var isReady: Bool {
        let isReady = backend.isReady
        if isReady { wasReady.store(true, ordering: .relaxed) }
        return isReady
    }

    /// Whether the backend has been ready at least once.
    var hasBeenReady: Bool { wasReady.load(ordering: .relaxed) || isReady }

    // MARK: Calling the backend

    /// Runs `body` with a permit once the request may be passed to the backend.
    nonisolated(nonsending) func admit(
        _ claim: AdmissionClaim,
        _ body: nonisolated(nonsending) (_ permit: Permit, _ hasWaited: Bool) async throws -> Void
    ) async throws {
        // One that relays knows better why it cannot serve, and when it will.
        guard isReady || relaying != nil else {
            throw BackendError.unavailable(
                "The backend is not ready yet. Try again soon.", retryAfter: admission.retryAfter)
        }
        try await admission.withPermit(for: claim, body)
    }

    /// Calls the backend on its own threads, if it has any; otherwise where the task runs.
    nonisolated(nonsending) func call<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        guard let threads else { return try await body() }
        return try await withTaskExecutorPreference(threads) { try await body() }
    }

    /// Calls the backend's tokenizer, which computes: never on a loop, and for at most `maxConcurrency` requests at
    /// once.
    nonisolated(nonsending) func tokenize<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await tokenizers.limit { try await threads != nil ? call(body) : compute(body) }
    }

    /// Runs code that computes, on the global pool if the task runs on a loop.
    nonisolated(nonsending) func compute<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        if !runsOnLoop { return try await body() }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await body() }
    }
}
