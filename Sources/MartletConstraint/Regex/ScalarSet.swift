/// A set of Unicode scalar values, as sorted ranges that do not touch. Surrogates are never in it.
struct ScalarSet: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []

    /// No scalar.
    init() {}

    init(_ scalars: ClosedRange<Unicode.Scalar>) { self.init([scalars.lowerBound.value...scalars.upperBound.value]) }

    init(_ scalar: Unicode.Scalar) { self.init(scalar...scalar) }

    init(_ scalars: some Sequence<Unicode.Scalar>) { self.init(scalars.map { $0.value...$0.value }) }

    /// Surrogates within the ranges are left out.
    init(_ ranges: [ClosedRange<UInt32>]) {
        var sorted: [ClosedRange<UInt32>] = []
        for range in ranges {
            if range.lowerBound < 0xD800 { sorted.append(range.lowerBound...min(range.upperBound, 0xD7FF)) }
            if range.upperBound > 0xDFFF {
                sorted.append(max(range.lowerBound, 0xE000)...min(range.upperBound, 0x10FFFF))
            }
        }
        sorted.sort { $0.lowerBound < $1.lowerBound }
        for range in sorted {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound + 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    static let all = ScalarSet([0...0x10FFFF])

    var isEmpty: Bool { ranges.isEmpty }

    func contains(_ scalar: Unicode.Scalar) -> Bool { ranges.contains { $0.contains(scalar.value) } }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    var complement: ScalarSet {
        var gaps: [ClosedRange<UInt32>] = []
        var start: UInt32 = 0
        for range in ranges {
            if range.lowerBound > start { gaps.append(start...range.lowerBound - 1) }
            start = range.upperBound + 1
        }
        if start <= 0x10FFFF { gaps.append(start...0x10FFFF) }
        return ScalarSet(gaps)
    }

    func intersection(_ other: ScalarSet) -> ScalarSet { complement.union(other.complement).complement }

    func subtracting(_ other: ScalarSet) -> ScalarSet { intersection(other.complement) }
}

extension ScalarSet {
    /// The UTF-8 encodings of the scalars as sequences of byte ranges (RFC 3629 §4): each combination of bytes within a
    /// sequence is the encoding of a scalar of the set, and no sequence has an encoding of another one.
    var utf8Sequences: [[ClosedRange<UInt8>]] {
        var sequences: [[ClosedRange<UInt8>]] = []
        var first: UInt32 = 0
        for (length, last) in [(1, 0x7F), (2, 0x7FF), (3, 0xFFFF), (4, 0x10FFFF)] as [(Int, UInt32)] {
            for range in ranges where range.lowerBound <= last && range.upperBound >= first {
                Self.split(max(range.lowerBound, first), min(range.upperBound, last), length, into: &sequences)
            }
            first = last + 1
        }
        return sequences
    }

    /// Splits a range of scalars whose encodings have `length` bytes, until the bytes of its bounds vary independently.
    private static func split(
        _ low: UInt32, _ high: UInt32, _ length: Int, into sequences: inout [[ClosedRange<UInt8>]]
    ) {
        for count in 1..<max(1, length) {
            let mask = UInt32(1) << UInt32(6 * count) - 1
            if low & ~mask == high & ~mask { continue }
            if low & mask != 0 {
                split(low, low | mask, length, into: &sequences)
                return split((low | mask) + 1, high, length, into: &sequences)
            }
            if high & mask != mask {
                split(low, (high & ~mask) - 1, length, into: &sequences)
                return split(high & ~mask, high, length, into: &sequences)
            }
        }
        sequences.append(zip(utf8(low, length), utf8(high, length)).map { $0...$1 })
    }

    private static func utf8(_ value: UInt32, _ length: Int) -> [UInt8] {
        if length == 1 { return [UInt8(truncatingIfNeeded: value)] }
        return (0..<length).map { index in
            let bits = value >> UInt32(6 * (length - 1 - index))
            let lead = UInt32(0xF0) << UInt32(4 - length) & 0xFF
            return UInt8(truncatingIfNeeded: index == 0 ? lead | bits : 0x80 | bits & 0x3F)
        }
    }
}
