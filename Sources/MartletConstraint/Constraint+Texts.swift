extension Constraint {
    /// Each byte is a token, and 256 is the end.
    private static let bytes = TokenVocabulary(
        tokens: (UInt8.min...UInt8.max).map { [$0] } + [nil], endTokens: [256])

    /// A text of the constraint that is drawn at random, mostly of letters; nil if it has become longer than
    /// `maximumBytes`, although it is drawn towards its end from the half on.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    public func randomText(
        maximumBytes: Int, using generator: inout some RandomNumberGenerator
    ) throws(ConstraintError) -> [UInt8]? {
        var matcher = try matcher(for: Self.bytes)
        var mask = TokenMask(count: Self.bytes.count)
        var text: [UInt8] = []
        while text.count <= maximumBytes {
            try matcher.allowed(into: &mask)
            let isLong = text.count > maximumBytes / 2
            let candidates = mask.ids.map { ($0, weight: Self.weight(of: $0, isLong: isLong)) }
            var rest = Double.random(in: 0..<1, using: &generator) * candidates.reduce(0) { $0 + $1.weight }
            let drawn = candidates.first { candidate in
                rest -= candidate.weight
                return rest < 0
            }
            guard let id = drawn?.0 ?? candidates.last?.0 else { return nil }
            try matcher.advance(id)
            if matcher.isComplete { return text }
            text.append(UInt8(truncatingIfNeeded: id))
        }
        return nil
    }

    /// How many bytes at the beginning of `text` can be those of a text of the constraint, and whether all of it is one.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    public func matchingPrefix(
        of text: some Sequence<UInt8>
    ) throws(ConstraintError) -> (bytes: Int, isComplete: Bool) {
        var matcher = try matcher(for: Self.bytes)
        var count = 0
        for byte in text {
            guard try matcher.consume([byte]) else { return (count, false) }
            count += 1
        }
        return (count, try matcher.isAccepting())
    }

    private static func weight(of id: Int, isLong: Bool) -> Double {
        switch id {
        case 256: isLong ? 1e6 : 20
        case 0x22, 0x5D, 0x7D: isLong ? 1e4 : 4  // " ] }
        case 0x61...0x7A: 1
        case 0x30...0x39: 0.5
        case 0x20, 0x2C, 0x41...0x5A: 0.3
        case 0x21...0x7E: 0.05
        default: 0.0005
        }
    }
}
