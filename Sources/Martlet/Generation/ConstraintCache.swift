internal import MartletConstraint

/// The constraints that were used last, by the keys of their sources.
struct ConstraintCache {
    private struct Entry {
        let constraint: Constraint
        let size: Int
        var lastUse: UInt64
    }

    /// A bound on `size`.
    static let maximumSize = 64 << 20

    private var entries: [[UInt8]: Entry] = [:]
    /// The estimated bytes of all entries.
    private(set) var size = 0
    private var useCount: UInt64 = 0

    /// An estimate in bytes, from the source alone: a compiled constraint takes some 30 times its source, and has tables
    /// that grow with use. What is compiled from a few bytes may take megabytes, but a compiler's limits bound it.
    static func estimatedSize(ofKey key: [UInt8]) -> Int { (64 << 10) + 32 * key.count }

    var count: Int { entries.count }

    mutating func constraint(for key: [UInt8]) -> Constraint? {
        guard let entry = entries[key] else { return nil }
        useCount += 1
        entries[key]?.lastUse = useCount
        return entry.constraint
    }

    /// Keeps a constraint, in place of those that were not used for longest. One that would take the whole cache is not
    /// kept.
    mutating func insert(_ constraint: Constraint, for key: [UInt8]) {
        let added = Self.estimatedSize(ofKey: key)
        guard entries[key] == nil, added <= Self.maximumSize else { return }
        while size + added > Self.maximumSize, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            size -= oldest.value.size
            entries[oldest.key] = nil
        }
        useCount += 1
        entries[key] = Entry(constraint: constraint, size: added, lastUse: useCount)
        size += added
    }
}
