/// Finds stop strings in a text that comes in pieces, and keeps what may yet become one.
///
/// One Knuth-Morris-Pratt automaton for each stop string: linear in the text, whatever text and strings are.
package struct StopMatcher {
    private struct Pattern {
        let text: String
        let bytes: [UInt8]
        /// For each length of a partial match, the next shorter one that may go on.
        let fallback: [Int]
        var matched = 0

        init(_ text: String) {
            self.text = text
            bytes = Array(text.utf8)
            var fallback = [0, 0]
            var length = 0
            for index in bytes.indices.dropFirst() {
                while length > 0 && bytes[index] != bytes[length] { length = fallback[length] }
                if bytes[index] == bytes[length] { length += 1 }
                fallback.append(length)
            }
            self.fallback = fallback
        }

        /// Returns whether the pattern ends with this byte.
        mutating func receive(_ byte: UInt8) -> Bool {
            while matched > 0 && byte != bytes[matched] { matched = fallback[matched] }
            if byte == bytes[matched] { matched += 1 }
            return matched == bytes.count
        }
    }

    private var patterns: [Pattern]
    /// Text that may yet become a stop string.
    private var pending: [UInt8] = []
    /// The stop string that ended the text.
    private(set) var match: String?

    /// Whether no text is pending.
    var isEmpty: Bool { pending.isEmpty }

    /// Empty stop strings match nothing.
    package init(_ stop: [String]) { patterns = stop.filter { !$0.isEmpty }.map(Pattern.init) }

    /// The text that can be emitted, and whether a stop string has ended it: the one that ends first, and of several that
    /// end together the longest. A stop string is no part of the text, and nothing is received after one.
    package mutating func receive(_ text: [UInt8]) -> (text: [UInt8], isStopped: Bool) {
        if patterns.isEmpty { return (text, false) }
        for byte in text {
            pending.append(byte)
            var found = 0
            for index in patterns.indices where patterns[index].receive(byte) && patterns[index].bytes.count > found {
                found = patterns[index].bytes.count
                match = patterns[index].text
            }
            guard found == 0 else {
                defer { pending = [] }
                return (pending.dropLast(found), true)
            }
        }
        let kept = patterns.map(\.matched).max() ?? 0
        let emitted = Array(pending.dropLast(kept))
        pending.removeFirst(emitted.count)
        return (emitted, false)
    }

    /// What is pending when the text ends without a stop string.
    package mutating func finish() -> [UInt8] {
        defer { pending = [] }
        return pending
    }
}
