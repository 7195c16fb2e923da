import MartletUV

extension [UInt8] {
    /// The bytes, split at random positions, with a few empty pieces.
    func pieces(using random: inout SplitMix64) -> [[UInt8]] {
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
