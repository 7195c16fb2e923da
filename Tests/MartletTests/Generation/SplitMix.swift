/// Seeded random numbers, so that a failure can be reproduced.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension [UInt8] {
    /// The bytes, split at random positions, with a few empty pieces.
    func pieces(using random: inout SplitMix) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = self[...]
        while !rest.isEmpty {
            let count = Int.random(in: 0...Swift.min(5, rest.count), using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    /// The bytes in every split into three pieces, and one by one.
    var everySplit: [[[UInt8]]] {
        var splits = [map { [$0] }]
        for first in 0...count {
            for second in first...count {
                splits.append([Array(self[..<first]), Array(self[first..<second]), Array(self[second...])])
            }
        }
        return splits
    }
}
