internal import MartletHTTP
internal import MartletUV

/// What a request's task finds out about the request, for its record and for middleware. The response buffer has it where
/// somebody reads it.
final class RequestFacts: Sendable {
    struct Values: Sendable {
        var principal: Principal?
        var model: String?
        /// The generation, as far as it was complete when these values were read.
        var generation: GenerationFacts?
        var error: OpenAIError?
        var cancellation: RequestRecord.Cancellation?
        /// Values of middleware for the record. They must not retain the response buffer.
        var attachments: [any Sendable] = []
    }

    private struct State: Sendable {
        var values: Values
        /// The reply of a generation that has not ended, which has the facts of it. It retains the response buffer, and
        /// so these facts.
        var reply: (any FactsSource)?
        var isClosed = false

        mutating func endReply() {
            guard let reply else { return }
            values.generation = reply.facts
            self.reply = nil
        }
    }

    private let state: Locked<State>

    init(_ values: Values = Values()) { state = Locked(State(values: values)) }

    var values: Values {
        state.withLock { state in
            var values = state.values
            if let reply = state.reply { values.generation = reply.facts }
            return values
        }
    }

    /// Does nothing after the end of the exchange.
    func update(_ update: (inout Values) -> Void) {
        state.withLock { state in if !state.isClosed { update(&state.values) } }
    }

    /// A generation begins. Until `replyDidEnd()`, its facts are those of the reply.
    func replyDidBegin(_ reply: any FactsSource) {
        state.withLock { state in if !state.isClosed && state.values.generation == nil { state.reply = reply } }
    }

    /// The facts of the reply do not change any more.
    func replyDidEnd() { state.withLock { $0.endReply() } }

    /// The exchange has ended: from now on, the facts do not change. A generation may go on.
    func close() {
        state.withLock { state in
            state.endReply()
            state.isClosed = true
        }
    }
}

/// A reply in progress, which knows the facts of its generation.
protocol FactsSource: AnyObject, Sendable {
    var facts: GenerationFacts { get }
}

extension ResponseWriter {
    /// Adds the model that a custom route's request is for to its record.
    package borrowing func record(model: String) { buffer.updateFacts { $0.model = model } }
}

extension ResponseBuffer {
    /// The facts of the request; nil where nobody reads them.
    var facts: RequestFacts? { attachment as? RequestFacts }

    /// Changes the facts. Does nothing where nobody reads them.
    func updateFacts(_ update: (inout RequestFacts.Values) -> Void) { facts?.update(update) }
}
