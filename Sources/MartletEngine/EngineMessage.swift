internal import Martlet

/// What the engine's thread is asked to do, and where the answer goes.
enum EngineMessage: Sendable {
    /// How tokens become events.
    struct Output: Sendable {
        /// Finds thoughts and tool calls; nil for plain text.
        var parser: OutputParser?
        /// What ends a text of a model that has no token for it.
        var stop: [String] = []
        /// How many of the choices are told, the likeliest; nil for all, as they come.
        var told: Int?
    }

    case generate(EngineRequest, Output, Mailbox)
    case embed([[Int]], EmbeddingResult, Mailbox)
}
