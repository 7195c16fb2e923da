/// Why a `RawClient` did not get what it waited for, in a sentence.
public struct RawClientError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}
