/// The tokens of a vocabulary that are runs of certain characters. Where each run of some length may come, all of them up to
/// that length are allowed at once: most tokens within strings need not be looked at.
struct TokenRuns: Sendable {
    /// A value for each alphabet.
    typealias Lengths = SIMD2<UInt8>

    /// What a JSON string has as it is; ASCII letters and digits, as in names, addresses and identifiers.
    static let alphabets = [
        ScalarSet.all.subtracting(ScalarSet([0...0x1F, 0x22...0x22, 0x5C...0x5C, 0x7F...0x7F])),
        ScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A]),
    ]

    /// The longest runs that count, in characters.
    private static let maximumLength = 32
    /// The length of a token that is not a run.
    private static let none = UInt8.max

    /// By node of the trie, the length of the longest token that begins with its prefix, if all of those are runs.
    let lengths: [Lengths]
    /// By alphabet and length, the tokens that are runs of at most that length.
    let masks: [[TokenMask]]

    /// - Parameters:
    ///   - tokens: By id; empty for tokens that are not text.
    ///   - depths: Of the trie's nodes.
    ///   - idStarts: Where the ids of a node begin in `ids`.
    init(of tokens: [[UInt8]], depths: [UInt16], idStarts: [Int32], ids: [Int32]) {
        let ofTokens = tokens.map(Self.lengths)
        var lengths = [Lengths](repeating: .zero, count: depths.count)
        // By depth, the longest of the nodes there since the last one above them.
        var below = [Lengths](repeating: .zero, count: Int(depths.max() ?? 0) + 2)
        for node in depths.indices.reversed() {
            let depth = Int(depths[node])
            var longest = below[depth + 1]
            for index in idStarts[node]..<idStarts[node + 1] {
                longest = pointwiseMax(longest, ofTokens[Int(ids[Int(index)])])
            }
            lengths[node] = longest
            below[depth + 1] = .zero
            below[depth] = pointwiseMax(below[depth], longest)
        }
        self.lengths = lengths
        masks = Self.alphabets.indices.map { alphabet in
            let longest = ofTokens.lazy.map { $0[alphabet] }.filter { $0 != Self.none }.max() ?? 0
            var masks = Array(repeating: TokenMask(count: tokens.count), count: Int(longest) + 1)
            for (id, lengths) in ofTokens.enumerated() where lengths[alphabet] != Self.none {
                masks[Int(lengths[alphabet])].insert(id)
            }
            // Those that are not text have no characters.
            masks[0] = TokenMask(count: tokens.count)
            for length in masks.indices.dropFirst() { masks[length].formUnion(masks[length - 1]) }
            return masks
        }
    }

    private static func lengths(of token: [UInt8]) -> Lengths {
        var lengths = Lengths(repeating: none)
        guard let text = String(validating: token, as: UTF8.self) else { return lengths }
        let scalars = Array(text.unicodeScalars.prefix(maximumLength + 1))
        for (index, alphabet) in alphabets.enumerated()
        where scalars.count <= maximumLength && scalars.allSatisfy(alphabet.contains) {
            lengths[index] = UInt8(scalars.count)
        }
        return lengths
    }
}
