/// The tokens of a model, arranged for finding those that a constraint allows: a trie of their bytes. Make it once for a
/// model; it takes about 16 bytes for each byte of the tokens.
public final class TokenVocabulary: Sendable {
    /// The number of ids.
    public let count: Int
    /// The tokens that end a text, of those that exist.
    public let endTokens: Set<Int>
    /// By id; empty for tokens that are not text.
    private let bytes: [[UInt8]]

    // The trie's nodes in depth-first order, without the root. The parent of a node is the last node before it whose depth
    // is one less.

    /// The last byte of the prefix that a node is.
    let nodeBytes: [UInt8]
    /// The length of the prefix, less one.
    let depths: [UInt16]
    /// The node after those that begin with this one's prefix.
    let ends: [Int32]
    /// Where the ids of a node begin in `ids`; they end where those of the next one begin.
    let idStarts: [Int32]
    let ids: [Int32]
    let maximumDepth: Int
    let runs: TokenRuns
    /// The tokens with a quotation mark, and those with more than one.
    let quotingIDs, doublyQuotingIDs: [Int]

    /// - Parameters:
    ///   - tokens: The bytes of each token, by id. Tokens with none or nil are never allowed as text, nor are those of
    ///     more than 65,535 bytes.
    ///   - endTokens: The tokens that end a text: allowed where a constraint permits the end, and nowhere else.
    ///   - specialTokens: Tokens that are not text: their bytes in a string are not the token.
    public init(tokens: [[UInt8]?], endTokens: Set<Int>, specialTokens: Set<Int> = []) {
        count = tokens.count
        self.endTokens = endTokens.filter(tokens.indices.contains)
        var bytes: [[UInt8]] = []
        for (id, token) in tokens.enumerated() {
            let isText =
                !endTokens.contains(id) && !specialTokens.contains(id) && (token?.count ?? 0) <= Int(UInt16.max)
            bytes.append(isText ? token ?? [] : [])
        }
        self.bytes = bytes
        var trie = Trie()
        let sorted = bytes.indices.filter { !bytes[$0].isEmpty }.sorted {
            bytes[$0].lexicographicallyPrecedes(bytes[$1]) || (bytes[$0] == bytes[$1] && $0 < $1)
        }
        for id in sorted { trie.add(bytes[id], id) }
        trie.finish()
        (nodeBytes, depths, ends, idStarts, ids) = (trie.bytes, trie.depths, trie.ends, trie.idStarts, trie.ids)
        maximumDepth = Int(trie.depths.max() ?? 0) + 1
        runs = TokenRuns(of: bytes, depths: trie.depths, idStarts: trie.idStarts, ids: trie.ids)
        quotingIDs = bytes.indices.filter { bytes[$0].contains(UInt8(ascii: "\"")) }
        doublyQuotingIDs = quotingIDs.filter { id in bytes[id].count { $0 == UInt8(ascii: "\"") } > 1 }
    }

    /// The bytes of a token that is text; empty for any other id.
    func bytes(of id: Int) -> [UInt8] { bytes.indices.contains(id) ? bytes[id] : [] }

    // MARK: Nodes

    /// Of the empty prefix, which is not in the arrays.
    static let root = -1

    /// The node of a prefix with one more byte.
    func child(of node: Int, _ byte: UInt8) -> Int? {
        let depth = node == Self.root ? 0 : Int(depths[node]) + 1
        let end = node == Self.root ? nodeBytes.count : Int(ends[node])
        var child = node + 1
        while child < end {
            if Int(depths[child]) == depth, nodeBytes[child] == byte { return child }
            child = Int(ends[child])
        }
        return nil
    }

    /// Removes all tokens that begin with a prefix.
    func remove(_ node: Int, from mask: inout TokenMask) {
        for index in idStarts[node]..<idStarts[Int(ends[node])] { mask.remove(Int(ids[Int(index)])) }
    }

    /// Whether a token that is text begins with these bytes and has more.
    func hasLongerToken(than bytes: some Collection<UInt8>) -> Bool {
        var node = Self.root
        for byte in bytes {
            guard let child = child(of: node, byte) else { return false }
            node = child
        }
        return node + 1 < (node == Self.root ? nodeBytes.count : Int(ends[node]))
    }

    /// Built from tokens in the order of their bytes.
    private struct Trie {
        var bytes: [UInt8] = []
        var depths: [UInt16] = []
        var ends: [Int32] = []
        var idStarts: [Int32] = []
        var ids: [Int32] = []
        /// The nodes on the way to the last token.
        private var path: [Int] = []

        mutating func add(_ token: [UInt8], _ id: Int) {
            var shared = 0
            while shared < path.count, shared < token.count, bytes[path[shared]] == token[shared] { shared += 1 }
            close(to: shared)
            for byte in token[shared...] {
                path.append(bytes.count)
                bytes.append(byte)
                depths.append(UInt16(path.count - 1))
                ends.append(0)
                idStarts.append(Int32(ids.count))
            }
            ids.append(Int32(id))
        }

        private mutating func close(to depth: Int) {
            for node in path[depth...] { ends[node] = Int32(bytes.count) }
            path.removeSubrange(depth...)
        }

        mutating func finish() {
            close(to: 0)
            idStarts.append(Int32(ids.count))
        }
    }
}
