/// A token whose text has been emitted, for replies that show tokens.
struct EmittedToken: Sendable, Equatable {
    let token: Token
    /// The offset of its text in Unicode scalars, which is what Python's `len` counts, from the beginning of the
    /// prompt.
    let offset: Int
}

/// Buffers each token until its text is emitted. Text is pending while a character is incomplete, or while it may
/// become a stop string.
struct TokenQueue {
    private struct Entry {
        let token: Token
        /// The offset of its text in bytes, from the beginning of the choice.
        let start: Int
        /// The offset of its text in Unicode scalars, from the beginning of the prompt.
        let offset: Int
    }

    private var entries: [Entry] = []
    /// Bytes of the text so far, in complete characters.
    private var byteCount = 0
    /// Unicode scalars of the text so far, and before it.
    private var scalarCount: Int
    /// Bytes of the text that was emitted.
    private var emittedCount = 0

    /// - Parameter offset: The number of Unicode scalars before the text.
    init(offset: Int) { scalarCount = offset }

    /// Takes a token, if there is one, and the characters that it completes.
    mutating func receive(_ token: Token?, _ text: [UInt8]) {
        if let token { entries.append(Entry(token: token, start: byteCount, offset: scalarCount)) }
        byteCount += text.count
        scalarCount += text.scalarCount
    }

    /// Returns the tokens whose text begins before the end of the emitted text, after `count` more bytes are emitted.
    /// If no text is pending or the text has ended (`isComplete`), it also returns tokens without text.
    mutating func release(_ count: Int, isComplete: Bool) -> [EmittedToken] {
        emittedCount += count
        let emitted = isComplete ? entries.count : entries.prefix { $0.start < emittedCount }.count
        defer { entries.removeFirst(emitted) }
        return entries.prefix(emitted).map { EmittedToken(token: $0.token, offset: $0.offset) }
    }
}

extension [UInt8] {
    /// The number of Unicode scalars in this UTF-8: the bytes that are not continuation bytes.
    var scalarCount: Int { reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
}
