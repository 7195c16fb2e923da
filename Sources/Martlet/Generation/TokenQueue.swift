/// A token whose text is emitted, for replies that show tokens.
struct EmittedToken: Sendable, Equatable {
    let token: Token
    /// Where its text begins, in Unicode scalars from the beginning of the prompt: what Python's `len` counts.
    let offset: Int
}

/// Tokens on their way out, each held until its text is emitted: text may wait for the rest of a character, or until it can
/// be no stop string.
struct TokenQueue {
    private struct Entry {
        let token: Token
        /// Where its text begins, among the bytes of the choice.
        let start: Int
        /// The same in Unicode scalars.
        let offset: Int
    }

    private var entries: [Entry] = []
    /// Of the text that is whole characters.
    private var byteCount = 0
    private var scalarCount: Int
    /// Of the text that was emitted.
    private var emittedCount = 0

    /// - Parameter offset: scalars before the text.
    init(offset: Int) { scalarCount = offset }

    /// Takes a token and the whole characters that are complete with it.
    mutating func receive(_ token: Token?, _ text: [UInt8]) {
        if let token { entries.append(Entry(token: token, start: byteCount, offset: scalarCount)) }
        byteCount += text.count
        scalarCount += text.scalarCount
    }

    /// The tokens whose text begins in what is emitted with `count` more bytes. When nothing is held back, or the text
    /// has ended, those without text too.
    mutating func release(_ count: Int, isComplete: Bool) -> [EmittedToken] {
        emittedCount += count
        let emitted = isComplete ? entries.count : entries.prefix { $0.start < emittedCount }.count
        defer { entries.removeFirst(emitted) }
        return entries.prefix(emitted).map { EmittedToken(token: $0.token, offset: $0.offset) }
    }
}

extension [UInt8] {
    /// Unicode scalars in this UTF-8: bytes that continue none.
    var scalarCount: Int { reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
}
