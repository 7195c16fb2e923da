public import Martlet

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
