extension ParameterTable {
    /// The 400 `unknown_parameter` for a name that the table does not have, with the known name that it may be a slip
    /// of.
    package func unknown(_ name: String) -> OpenAIError {
        let hint = closest(to: name).map { "did you mean `\($0)`?" } ?? "leave it out."
        // No longer than a name can be in good faith.
        let shown = String(name.prefix(64))
        let isWhole = shown.utf8.count == name.utf8.count
        return .unknownParameter(shown, "`\(shown)`\(isWhole ? "" : "…") is not a parameter of this endpoint; \(hint)")
    }

    /// The known name that the fewest edits make of this one, if they are at most one in three bytes.
    func closest(to name: String) -> String? {
        let bytes = Array(name.utf8.prefix(65))
        guard bytes.count <= 64 else { return nil }
        var best: String?
        var bound = min(bytes.count / 3, 3)
        // Of several that are as close, the first of the table wins.
        for parameter in all where bound > 0 {
            let distance = Self.edits(from: bytes, to: Array(parameter.name.utf8))
            if distance < bound || (distance == bound && best == nil) { (best, bound) = (parameter.name, distance) }
        }
        return best
    }

    /// How many bytes must be put in, taken out or changed to make one name of another (Levenshtein).
    private static func edits(from name: [UInt8], to other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (index, byte) in name.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, candidate) in other.enumerated() {
                let change = diagonal + (byte == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
