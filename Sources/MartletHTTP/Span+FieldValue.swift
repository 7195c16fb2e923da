/// Comparing and splitting field values in place.
extension Span where Element == UInt8 {
    /// Whether the bytes are `text`, which is lower-case ASCII, in any case.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount
            && text.withUTF8Buffer { expected in
                expected.indices.allSatisfy { ASCII.lowercased(self[$0]) == expected[$0] }
            }
    }

    /// The next non-empty member of a comma-separated list from `start` on, which moves behind it; nil at the end
    /// (RFC 9110 section 5.6.1: empty members are skipped).
    func nextListMember(from start: inout Int) -> Range<Int>? {
        while start < count {
            var lower = start
            var upper = start
            while upper < count, self[upper] != ASCII.comma { upper += 1 }
            start = upper + 1
            while lower < upper, ASCII.isWhitespace(self[lower]) { lower += 1 }
            while upper > lower, ASCII.isWhitespace(self[upper - 1]) { upper -= 1 }
            if lower < upper { return lower..<upper }
        }
        return nil
    }
}
