public import Martlet

/// The events of a generation in this process.
///
/// Each iteration generates anew, beginning with its first `next()`. The engine runs ahead of the consumer by a bounded
/// number of events, and then leaves the generation out of its steps until the consumer has caught up. A generation ends
/// early when its iterator is released, as by `break`, or when the consuming task is cancelled.
public struct GenerationEvents: AsyncSequence, Sendable {
    public typealias Element = StreamEvent
    public typealias Failure = any Error

    private let begin: @Sendable () throws -> EventBuffer

    init(_ begin: @escaping @Sendable () throws -> EventBuffer) { self.begin = begin }

    /// The text of choice 0 in whole characters. Thoughts and tool calls are not part of it.
    public var text: GenerationText { GenerationText(events: self) }

    public func makeAsyncIterator() -> Iterator { Iterator(.new(begin)) }

    /// One generation. For one task at a time.
    public struct Iterator: AsyncIteratorProtocol {
        enum State {
            case new(@Sendable () throws -> EventBuffer)
            case running(EventReader)
            case over
        }

        private var state: State

        init(_ state: State) { self.state = state }

        /// The next event; nil after the last one.
        ///
        /// - Throws: the `BackendError` that the request was refused or failed with, or `CancellationError`.
        public nonisolated(nonsending) mutating func next() async throws -> StreamEvent? {
            do {
                if case .new(let begin) = state { state = .running(EventReader(try await Self.run(begin))) }
                guard case .running(let reader) = state else { return nil }
                if let event = try await reader.buffer.next() { return event }
            } catch {
                state = .over
                throw error
            }
            state = .over
            return nil
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> StreamEvent? {
            try await next()
        }

        /// Tokenizes on the global pool, not on the caller's actor.
        private static func run(_ begin: @Sendable () throws -> EventBuffer) async throws -> EventBuffer {
            try begin()
        }
    }
}

/// The consumer's reference to a buffer. Releasing it ends the generation.
final class EventReader: Sendable {
    let buffer: EventBuffer

    init(_ buffer: EventBuffer) { self.buffer = buffer }

    deinit { buffer.cancel() }
}

/// The text of a generation, piece by piece.
public struct GenerationText: AsyncSequence, Sendable {
    public typealias Element = String
    public typealias Failure = any Error

    let events: GenerationEvents

    public func makeAsyncIterator() -> Iterator { Iterator(events: events.makeAsyncIterator()) }

    /// One generation. For one task at a time.
    public struct Iterator: AsyncIteratorProtocol {
        private var events: GenerationEvents.Iterator
        private var assembler = UTF8Assembler()

        init(events: GenerationEvents.Iterator) { self.events = events }

        /// The next characters, at least one; nil after the last.
        ///
        /// - Throws: as `GenerationEvents.Iterator.next()`.
        public nonisolated(nonsending) mutating func next() async throws -> String? {
            while let event = try await events.next() {
                guard event.choice == 0 else { continue }
                let bytes = event.text.map { Array($0.utf8) } ?? event.token?.text ?? []
                let characters = assembler.receive(bytes)
                if !characters.isEmpty { return String(decoding: characters, as: UTF8.self) }
            }
            let rest = assembler.finish()
            return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> String? {
            try await next()
        }
    }
}
