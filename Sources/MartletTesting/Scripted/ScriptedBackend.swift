public import Martlet
internal import Synchronization

/// A backend that does what a test tells it to, and counts what became of it.
///
/// ```swift
/// let backend = ScriptedBackend([.text("Hel"), .text("lo")], [.fail(BackendError.unavailable("Busy."))])
/// try await withServer(backend) { server in
///     // The first request is answered with "Hello", every later one with 503.
/// }
/// ```
///
/// Copies share their counts, their readiness and their place in the scripts.
public struct ScriptedBackend: ChatBackend, CompletionBackend, EmbeddingBackend {
    /// The first call plays the first script, the next one the next; the last script is for all that follow.
    /// Each prompt of a completion is a call. An embedding plays its script too, and what that emits goes nowhere.
    public var scripts: [[ScriptedStep]]
    /// What `/v1/models` lists.
    public var models: [Model] = ["scripted"]
    /// Of models that name no owner.
    public var modelOwner = "martlet"
    /// Where scripts run. They only wait, so both places will do, unless a step of your own computes.
    public var placement = Placement.pool
    /// How many scripts may run at once. Read when the server starts.
    public var maxConcurrency = 64
    /// Of every model.
    public var contextLength: Int?
    /// Of every model.
    public var capabilities: Capabilities = []
    /// Makes the vectors of an embedding request. Unless set, each input gets its number and a half.
    public var embed: @Sendable (EmbeddingRequest) throws -> Embeddings = { request in
        Embeddings(request.inputs.indices.map { [Float($0), 0.5] })
    }
    private let tally = ScriptedTally()

    /// A backend with one script for each call, the last one also for all later calls; without any, it says nothing.
    public init(_ scripts: [ScriptedStep]...) { self.scripts = scripts }

    /// False has the server refuse requests with 503. May be changed while the server runs.
    public var isReady: Bool {
        get { tally.isReady }
        nonmutating set { tally.isReady = newValue }
    }

    /// Calls so far.
    public var started: Int { tally.started.value }
    /// Calls that played their script to its end.
    public var finished: Int { tally.finished.value }
    /// Calls that ended because nothing more was wanted: the client had gone, or the answer was complete.
    public var cancelled: Int { tally.cancelled.value }
    /// Calls that ended with another error.
    public var failed: Int { tally.failed.value }

    public func listModels() -> [Model] { models }
    public func contextLength(of model: String) -> Int? { contextLength }
    public func capabilities(of model: String) -> Capabilities { capabilities }

    public func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        try await play(to: sink)
    }

    public func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
        try await play(to: sink)
    }

    public func embeddings(for request: EmbeddingRequest) async throws -> Embeddings {
        try await play(to: StreamSink { _ in })
        return try embed(request)
    }

    private func play(to sink: StreamSink) async throws {
        let call = tally.nextCall()
        tally.started.add(1)
        do {
            for step in scripts.isEmpty ? [] : scripts[min(call, scripts.count - 1)] { try await step.play(sink) }
            tally.finished.add(1)
        } catch {
            (error is CancellationError ? tally.cancelled : tally.failed).add(1)
            throw error
        }
    }
}

/// One thing that a `ScriptedBackend` does with a request.
public struct ScriptedStep: Sendable {
    let play: @Sendable (StreamSink) async throws -> Void

    /// A step of your own. What it throws, the backend throws.
    public init(_ play: @escaping @Sendable (StreamSink) async throws -> Void) { self.play = play }

    /// Emits an event.
    public static func emit(_ event: StreamEvent) -> ScriptedStep { ScriptedStep { try await $0.emit(event) } }

    /// Emits a piece of text, which counts as one token.
    public static func text(_ text: String) -> ScriptedStep { .emit(.text(text)) }

    /// Does nothing for a while.
    public static func delay(_ duration: Duration) -> ScriptedStep {
        ScriptedStep { _ in try await Task.sleep(for: duration) }
    }

    /// Waits until a test opens the gate.
    public static func wait(for gate: Gate) -> ScriptedStep { ScriptedStep { _ in try await gate.pass() } }

    /// Throws.
    public static func fail(_ error: any Error) -> ScriptedStep { ScriptedStep { _ in throw error } }

    /// Does nothing until the request is cancelled.
    public static var hang: ScriptedStep { .wait(for: Gate()) }
}

/// What the copies of a `ScriptedBackend` share.
final class ScriptedTally: Sendable {
    let started = Gauge()
    let finished = Gauge()
    let cancelled = Gauge()
    let failed = Gauge()
    private let calls = Atomic(0)
    private let readiness = Atomic(true)

    var isReady: Bool {
        get { readiness.load(ordering: .acquiring) }
        set { readiness.store(newValue, ordering: .releasing) }
    }

    /// The number of a call, from 0.
    func nextCall() -> Int { calls.add(1, ordering: .relaxed).oldValue }
}
