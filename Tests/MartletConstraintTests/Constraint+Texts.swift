@testable import MartletConstraint

extension Constraint {
    /// Each byte is a token, and 256 is the end.
    private static let bytes = TokenVocabulary(
        tokens: (UInt8.min...UInt8.max).map { [$0] } + [nil], endTokens: [256])

    /// How many bytes of a text can be written, and whether it may end after the last.
    func follow(_ text: some Sequence<UInt8>) throws -> (count: Int, isComplete: Bool) {
        var matcher = try matcher(for: Self.bytes)
        var count = 0
        for byte in text {
            do { try matcher.advance(Int(byte)) } catch { return (count, false) }
            count += 1
        }
        return (count, try matcher.isAccepting())
    }

    func accepts(_ text: String) throws -> Bool { try follow(text.utf8).isComplete }
}
