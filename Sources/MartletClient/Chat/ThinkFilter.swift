/// Separates reasoning between `<think>` and `</think>` from the reply, for servers that leave it in the text.
///
/// Tags may be split at any point and be in any case. Text that may be the beginning of a tag is buffered until it is
/// known. A block that is never closed is all reasoning.
public struct ThinkFilter: Sendable {
    /// A piece of the input, in its order.
    public enum Piece: Sendable, Equatable {
        /// Text of the reply.
        case text(String)
        /// Reasoning.
        case reasoning(String)
    }

    /// Where tags are recognised.
    public enum Position: Sendable {
        /// Anywhere: reasoning and text may alternate.
        case anywhere
        /// Only before the reply, which may itself mention tags. White space around leading blocks is dropped.
        case leading
    }

    private let open: [UInt8]
    private let close: [UInt8]
    private let position: Position
    private var isInside = false
    /// Whether a leading block is still possible.
    private var isBeforeAnswer = true
    private var hasReasoning = false
    /// Buffered white space before a possible first block.
    private var space: [UInt8] = []
    /// The possible beginning of a tag.
    private var pending: [UInt8] = []

    /// - Parameters:
    ///   - tag: The tag name.
    ///   - position: Where tags are recognised.
    public init(tag: String = "think", position: Position = .anywhere) {
        open = Array("<\(tag.lowercased())>".utf8)
        close = Array("</\(tag.lowercased())>".utf8)
        self.position = position
    }

    /// The pieces that are certain after `text`.
    public mutating func feed(_ text: String) -> [Piece] {
        if isPlain { return text.isEmpty ? [] : [.text(text)] }
        var pieces: [Piece] = []
        var known: [UInt8] = []
        for byte in text.utf8 {
            if isPlain {
                known.append(byte)
            } else if isLeadingSpace(byte) {
                if !hasReasoning { space.append(byte) }
            } else {
                take(byte, &known, &pieces)
            }
        }
        emit(&known, into: &pieces)
        return pieces
    }

    /// The buffered text, at the end of the input.
    public mutating func finish() -> [Piece] {
        var pieces: [Piece] = []
        var rest = space + pending
        (space, pending) = ([], [])
        emit(&rest, into: &pieces)
        isInside = false
        return pieces
    }

    /// Separates a complete text.
    public static func split(
        _ text: String, tag: String = "think", position: Position = .anywhere
    ) -> (text: String, reasoning: String) {
        var filter = ThinkFilter(tag: tag, position: position)
        var parts = (text: "", reasoning: "")
        for piece in filter.feed(text) + filter.finish() {
            switch piece {
            case .text(let text): parts.text += text
            case .reasoning(let text): parts.reasoning += text
            }
        }
        return parts
    }

    /// Whether everything that follows is text.
    private var isPlain: Bool { position == .leading && !isBeforeAnswer }

    private func isLeadingSpace(_ byte: UInt8) -> Bool {
        position == .leading && !isInside && pending.isEmpty && [0x20, 0x09, 0x0A, 0x0D].contains(byte)
    }

    private mutating func take(_ byte: UInt8, _ known: inout [UInt8], _ pieces: inout [Piece]) {
        pending.append(byte)
        // A tag contains one `<`, at its start: after a mismatch only the last byte can begin another tag.
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
            hasReasoning = true
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
        pieces.append(isInside ? .reasoning(text) : .text(text))
        bytes = []
    }
}
