public import Martlet
internal import Synchronization

/// A backend that plays scripts of a test and counts the outcomes.
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
    /// Each call plays the next script; the last script repeats for all later calls.
    /// Each prompt of a completion is a call. An embedding plays its script too, and its events are dropped.
    public var scripts: [[ScriptedStep]]
    /// The models that `/v1/models` lists.
    public var models: [Model] = ["scripted"]
    /// The owner of models that have none.
    public var modelOwner = "martlet"
    /// Where scripts run. The built-in steps only wait, so both placements are suitable unless a custom step computes.
    public var placement = Placement.pool
    /// The number of scripts that may run concurrently. Read when the server starts.
    public var maxConcurrency = 64
    /// The context length of every model.
    public var contextLength: Int?
    /// The capabilities of every model.
    public var capabilities: Capabilities = []
    /// Computes the vectors of an embedding request. By default input `i` gets `[i, 0.5]`.
    public var embed: @Sendable (EmbeddingRequest) throws -> Embeddings = { request in
        Embeddings(request.inputs.indices.map { [Float($0), 0.5] })
    }
    private let tally = ScriptedTally()

    /// A backend with one script for each call, the last one also for all later calls. Without scripts it emits nothing.
    public init(_ scripts: [ScriptedStep]...) { self.scripts = scripts }

    /// Readiness, initially true; while false the server refuses requests with 503. May change while the server runs.
    public var isReady: Bool {
        get { tally.isReady }
        nonmutating set { tally.isReady = newValue }
    }

    /// Calls so far.
    public var started: Int { tally.started.value }
    /// Calls that played their script to its end.
    public var finished: Int { tally.finished.value }
    /// Calls that were cancelled: the client had left, or the reply was complete.
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

/// One action of a `ScriptedBackend`.
public struct ScriptedStep: Sendable {
    let play: @Sendable (StreamSink) async throws -> Void

    /// A custom step. The backend rethrows its errors.
    public init(_ play: @escaping @Sendable (StreamSink) async throws -> Void) { self.play = play }

    /// Emits any event.
    public static func emit(_ event: StreamEvent) -> ScriptedStep { ScriptedStep { try await $0.emit(event) } }

    /// Emits a piece of text, which counts as one token.
    public static func text(_ text: String) -> ScriptedStep { .emit(.text(text)) }

    /// Waits for `duration`, without the tolerance of a sleep: it would let concurrent delays end together.
    public static func delay(_ duration: Duration) -> ScriptedStep {
        ScriptedStep { _ in try await Task.sleep(for: duration, tolerance: .zero) }
    }

    /// Waits until a test opens the gate.
    public static func wait(for gate: Gate) -> ScriptedStep { ScriptedStep { _ in try await gate.pass() } }

    /// Ends the call with an error.
    public static func fail(_ error: any Error) -> ScriptedStep { ScriptedStep { _ in throw error } }

    /// Waits until the request is cancelled.
    public static var hang: ScriptedStep { .wait(for: Gate()) }
}

/// The state that copies of a `ScriptedBackend` share.
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
