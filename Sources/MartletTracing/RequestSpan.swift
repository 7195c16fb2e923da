internal import MartletUV
internal import Tracing

/// The span of a request that has a task, between its middleware, which starts it, and its record, which ends it.
final class RequestSpan: Sendable {
    private enum State: Sendable {
        case waiting
        case started(any Span)
        case over
    }

    /// Who starts and ends it: a server may have several tracers.
    let tracing: Tracing
    private let state = Locked(State.waiting)

    init(_ tracing: Tracing) { self.tracing = tracing }

    /// Starts the span, unless its record has been there before.
    func start(_ span: () -> any Span) -> (any Span)? {
        state.withLock { state in
            guard case .waiting = state else { return nil }
            let span = span()
            state = .started(span)
            return span
        }
    }

    /// The span that was started, which the caller ends; nil if there is none, and then there will be none.
    func take() -> (any Span)? {
        state.withLock { state in
            defer { state = .over }
            return if case .started(let span) = state { span } else { nil }
        }
    }
}
