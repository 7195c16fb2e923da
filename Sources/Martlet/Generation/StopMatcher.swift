/// Finds stop strings in a text that comes in pieces, and holds back what may yet become one.
///
/// One Knuth-Morris-Pratt automaton for each stop string: linear in the text, whatever text and strings are.
package struct StopMatcher {
    private struct Pattern {
        let bytes: [UInt8]
        /// For each length of a partial match, the next shorter one that may go on.
        let fallback: [Int]
        var matched = 0

        init(_ text: String) {
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
    private var held: [UInt8] = []

    /// Whether no text is held back.
    var isEmpty: Bool { held.isEmpty }

    /// Empty stop strings match nothing.
    package init(_ stop: [String]) { patterns = stop.filter { !$0.isEmpty }.map(Pattern.init) }

    /// The text that can be told, and whether a stop string has ended it: the one that ends first, and of several that
    /// end together the longest. A stop string is no part of the text, and nothing is received after one.
    package mutating func receive(_ text: [UInt8]) -> (text: [UInt8], isStopped: Bool) {
        if patterns.isEmpty { return (text, false) }
        for byte in text {
            held.append(byte)
            var found = 0
            for index in patterns.indices where patterns[index].receive(byte) {
                found = max(found, patterns[index].bytes.count)
            }
            guard found == 0 else {
                defer { held = [] }
                return (held.dropLast(found), true)
            }
        }
        let kept = patterns.map(\.matched).max() ?? 0
        let told = Array(held.dropLast(kept))
        held.removeFirst(told.count)
        return (told, false)
    }

    /// What was held back, when the text ends without a stop string.
    package mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }
}
