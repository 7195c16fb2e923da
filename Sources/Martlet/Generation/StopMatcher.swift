/// Finds stop strings in text that arrives in pieces, and buffers text that may become a stop string.
///
/// Uses one Knuth-Morris-Pratt automaton for each stop string, so the time is linear in the length of the text.
package struct StopMatcher {
    private struct Pattern {
        let text: String
        let bytes: [UInt8]
        /// For each length of a partial match, the length of the longest shorter one that the same text ends with.
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

        /// Returns whether this byte completes the pattern.
        mutating func receive(_ byte: UInt8) -> Bool {
            while matched > 0 && byte != bytes[matched] { matched = fallback[matched] }
            if byte == bytes[matched] { matched += 1 }
            return matched == bytes.count
        }
    }

    private var patterns: [Pattern]
    /// The end of the text that may become a stop string.
    private var pending: [UInt8] = []
    /// The stop string that ended the text.
    private(set) var match: String?

    /// Whether all text has been emitted.
    var isEmpty: Bool { pending.isEmpty }

    /// Empty stop strings never match.
    package init(_ stop: [String]) { patterns = stop.filter { !$0.isEmpty }.map(Pattern.init) }

    /// Returns the text that can be emitted, and whether a stop string has ended it. The stop string that ends first
    /// matches; of several that end at the same byte, the longest. The stop string is not part of the returned text,
    /// and the matcher must receive no text after it.
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
        let matched = patterns.map(\.matched).max() ?? 0
        let emitted = Array(pending.dropLast(matched))
        pending.removeFirst(emitted.count)
        return (emitted, false)
    }

    /// Returns the pending text, when the text ends without a stop string.
    package mutating func finish() -> [UInt8] {
        defer { pending = [] }
        return pending
    }
}
