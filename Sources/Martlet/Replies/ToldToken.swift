/// A token whose text is told, for replies that show tokens.
struct ToldToken: Sendable, Equatable {
    let token: Token
    /// Where its text begins, in Unicode scalars from the beginning of the prompt: what Python's `len` counts.
    let offset: Int
}
