/// Tells thoughts that stand in the text, between `<think>` and `</think>`, from the answer: for servers that do not.
///
/// Tags may come in any pieces, in any case, and more than once. What looks like the beginning of a tag is held back
/// until it is one or not; a block that is never closed is all thought.
public struct ThinkFilter: Sendable {
    /// A piece of what was fed, in its order.
    public enum Piece: Sendable, Equatable {
        /// Of the answer.
        case text(String)
        /// Of the thoughts.
        case thought(String)
    }

    private let open: [UInt8]
    private let close: [UInt8]
    private var isInside = false
    private var held: [UInt8] = []

    /// - Parameter tag: The name between the angle brackets.
    public init(tag: String = "think") {
        open = Array("<\(tag.lowercased())>".utf8)
        close = Array("</\(tag.lowercased())>".utf8)
    }

    /// What can be told of `text` by now.
    public mutating func feed(_ text: String) -> [Piece] {
        var pieces: [Piece] = []
        var told: [UInt8] = []
        for byte in text.utf8 {
            held.append(byte)
            // A tag holds only one `<`, at its front: what does not match can begin anew with its last byte alone.
            if !isPrefix(held) {
                let last = held.removeLast()
                told += held
                held = [last]
                if !isPrefix(held) {
                    told += held
                    held = []
                }
            }
            if held.count == tag.count {
                tell(&told, into: &pieces)
                held = []
                isInside.toggle()
            }
        }
        tell(&told, into: &pieces)
        return pieces
    }

    /// What was held back, at the end of the text.
    public mutating func finish() -> [Piece] {
        var pieces: [Piece] = []
        tell(&held, into: &pieces)
        isInside = false
        return pieces
    }

    /// The pieces of a whole text, joined: the answer and the thoughts.
    public static func split(_ text: String, tag: String = "think") -> (text: String, thoughts: String) {
        var filter = ThinkFilter(tag: tag)
        var parts = (text: "", thoughts: "")
        for piece in filter.feed(text) + filter.finish() {
            switch piece {
            case .text(let text): parts.text += text
            case .thought(let text): parts.thoughts += text
            }
        }
        return parts
    }

    private var tag: [UInt8] { isInside ? close : open }

    private func isPrefix(_ bytes: [UInt8]) -> Bool {
        bytes.count <= tag.count
            && zip(bytes, tag).allSatisfy { ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) == $1 }
    }

    private func tell(_ bytes: inout [UInt8], into pieces: inout [Piece]) {
        if bytes.isEmpty { return }
        let text = String(decoding: bytes, as: UTF8.self)
        pieces.append(isInside ? .thought(text) : .text(text))
        bytes = []
    }
}

extension ChatReply {
    /// The reply with the thoughts that stood in its text where thoughts belong.
    public func separatingThoughts(tag: String = "think") -> ChatReply {
        var reply = self
        for index in reply.choices.indices {
            let (text, thoughts) = ThinkFilter.split(choices[index].message.text, tag: tag)
            if thoughts.isEmpty { continue }
            let others = choices[index].message.content.filter { $0.kind != .text }
            reply.choices[index].message.content = (text.isEmpty ? [] : [.text(text)]) + others
            reply.choices[index].message.reasoning = (choices[index].message.reasoning ?? "") + thoughts
        }
        return reply
    }
}

extension ChatStream {
    /// The same events, with thoughts that stand in the text told as thoughts.
    public func separatingThoughts(tag: String = "think") -> ThoughtSeparatedStream {
        ThoughtSeparatedStream(stream: self, tag: tag)
    }
}

/// A chat's stream whose text goes through a `ThinkFilter`, choice by choice.
public struct ThoughtSeparatedStream: AsyncSequence, Sendable {
    public typealias Element = ChatEvent
    public typealias Failure = ClientError

    /// The stream itself, which knows how it ended.
    public let stream: ChatStream
    let tag: String

    /// Reads on from where the stream is.
    public func makeAsyncIterator() -> Iterator { Iterator(base: stream.makeAsyncIterator(), tag: tag) }

    /// Reads; its end is the stream's.
    public struct Iterator: AsyncIteratorProtocol {
        let base: ChatStream.Iterator
        let tag: String
        private var filters: [Int: ThinkFilter] = [:]
        private var waiting: [ChatEvent] = []
        private var failure: ClientError?
        private var isOver = false

        init(base: ChatStream.Iterator, tag: String) { (self.base, self.tag) = (base, tag) }

        /// The next event; nil once the answer is whole.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ClientError) -> ChatEvent? {
            while waiting.isEmpty {
                if let failure { throw failure }
                if isOver { return nil }
                do throws(ClientError) {
                    if let event = try await base.next(isolation: actor) {
                        take(event)
                        continue
                    }
                } catch { failure = error }
                isOver = true
                // Choices that were never said to be over: what was held back of them is told first.
                for (choice, filter) in filters {
                    flush(filter, ChatEvent(kind: .other, choice: choice, chunk: [:], number: -1))
                }
                filters = [:]
            }
            return waiting.removeFirst()
        }

        private mutating func take(_ event: ChatEvent) {
            switch event.kind {
            case .text(let text):
                let pieces = filters[event.choice, default: ThinkFilter(tag: tag)].feed(text)
                waiting += pieces.map { event.telling($0) }
            case .finish:
                if let filter = filters.removeValue(forKey: event.choice) { flush(filter, event) }
                waiting.append(event)
            default: waiting.append(event)
            }
        }

        private mutating func flush(_ filter: ThinkFilter, _ event: ChatEvent) {
            var filter = filter
            waiting += filter.finish().map { event.telling($0) }
        }
    }
}

extension ChatEvent {
    fileprivate func telling(_ piece: ThinkFilter.Piece) -> ChatEvent {
        var event = self
        switch piece {
        case .text(let text): event.kind = .text(text)
        case .thought(let text): event.kind = .reasoning(text)
        }
        return event
    }
}
