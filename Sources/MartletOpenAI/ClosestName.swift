extension String {
    /// The name that the fewest edits make of this one, if they are at most three and one in three bytes; of several that
    /// are as close, the first.
    package func closest(among names: some Sequence<String>) -> String? {
        let bytes = Array(utf8.prefix(65))
        guard bytes.count <= 64 else { return nil }
        var best: String?
        var bound = Swift.min(bytes.count / 3, 3)
        guard bound > 0 else { return nil }
        for name in names {
            let distance = Self.edits(from: bytes, to: Array(name.utf8))
            if distance < bound || (distance == bound && best == nil) { (best, bound) = (name, distance) }
        }
        return best
    }

    /// How many bytes must be inserted, removed or changed to make one name of another (Levenshtein).
    private static func edits(from name: [UInt8], to other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (index, byte) in name.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, candidate) in other.enumerated() {
                let change = diagonal + (byte == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(change, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
