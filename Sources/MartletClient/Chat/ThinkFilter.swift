/// Separates thoughts that stand in the text, between `<think>` and `</think>`, from the answer: for servers that do not.
///
/// Tags may come in any pieces and in any case. What may be the beginning of a tag is pending until it is one or not; a
/// block that is never closed is all thought.
public struct ThinkFilter: Sendable {
    /// A piece of what was fed, in its order.
    public enum Piece: Sendable, Equatable {
        /// Of the answer.
        case text(String)
        /// Of the thoughts.
        case thought(String)
    }

    /// Where a tag is one.
    public enum Position: Sendable {
        /// Anywhere, so that thoughts and text may alternate.
        case anywhere
        /// Before the answer only: an answer may write about tags. White space around such blocks is dropped.
        case leading
    }

    private let open: [UInt8]
    private let close: [UInt8]
    private let position: Position
    private var isInside = false
    /// Whether a leading block may still come.
    private var isBeforeAnswer = true
    private var hasThoughts = false
    /// White space before what may be the first block.
    private var space: [UInt8] = []
    /// What may be the beginning of a tag.
    private var pending: [UInt8] = []

    /// - Parameters:
    ///   - tag: The name between the angle brackets.
    ///   - position: Where a tag is one.
    public init(tag: String = "think", position: Position = .anywhere) {
        open = Array("<\(tag.lowercased())>".utf8)
        close = Array("</\(tag.lowercased())>".utf8)
        self.position = position
    }

    /// What is known of `text`, and of what was pending, by now.
    public mutating func feed(_ text: String) -> [Piece] {
        if isPlain { return text.isEmpty ? [] : [.text(text)] }
        var pieces: [Piece] = []
        var known: [UInt8] = []
        for byte in text.utf8 {
            if isPlain {
                known.append(byte)
            } else if isLeadingSpace(byte) {
                if !hasThoughts { space.append(byte) }
            } else {
                take(byte, &known, &pieces)
            }
        }
        emit(&known, into: &pieces)
        return pieces
    }

    /// What was pending, at the end of the text.
    public mutating func finish() -> [Piece] {
        var pieces: [Piece] = []
        var rest = space + pending
        (space, pending) = ([], [])
        emit(&rest, into: &pieces)
        isInside = false
        return pieces
    }

    /// The pieces of a whole text, joined: the answer and the thoughts.
    public static func split(
        _ text: String, tag: String = "think", position: Position = .anywhere
    ) -> (text: String, thoughts: String) {
        var filter = ThinkFilter(tag: tag, position: position)
        var parts = (text: "", thoughts: "")
        for piece in filter.feed(text) + filter.finish() {
            switch piece {
            case .text(let text): parts.text += text
            case .thought(let text): parts.thoughts += text
            }
        }
        return parts
    }

    /// Whether all that comes is the answer.
    private var isPlain: Bool { position == .leading && !isBeforeAnswer }

    private func isLeadingSpace(_ byte: UInt8) -> Bool {
        position == .leading && !isInside && pending.isEmpty && [0x20, 0x09, 0x0A, 0x0D].contains(byte)
    }

    private mutating func take(_ byte: UInt8, _ known: inout [UInt8], _ pieces: inout [Piece]) {
        pending.append(byte)
        // A tag holds only one `<`, at its front: what does not match can begin anew with its last byte alone.
        if !isPrefix(pending) {
            let last = pending.removeLast()
            if position == .leading, !isInside {
                isBeforeAnswer = false
                known += space + pending + [last]
                (space, pending) = ([], [])
                return
            }
            known += pending
            pending = [last]
            if !isPrefix(pending) {
                known += pending
                pending = []
            }
        }
        if pending.count == tag.count {
            emit(&known, into: &pieces)
            (space, pending) = ([], [])
            isInside.toggle()
            hasThoughts = true
        }
    }

    private var tag: [UInt8] { isInside ? close : open }

    private func isPrefix(_ bytes: [UInt8]) -> Bool {
        bytes.count <= tag.count
            && zip(bytes, tag).allSatisfy { ($0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0) == $1 }
    }

    private func emit(_ bytes: inout [UInt8], into pieces: inout [Piece]) {
        if bytes.isEmpty { return }
        let text = String(decoding: bytes, as: UTF8.self)
        pieces.append(isInside ? .thought(text) : .text(text))
        bytes = []
    }
}
