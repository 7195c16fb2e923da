internal import MartletConstraint

/// The constraints that were used last, by the keys of their sources.
struct ConstraintCache {
    private struct Entry {
        let constraint: Constraint
        /// An estimate in bytes.
        let sourceSize: Int
        var lastUse: UInt64

        /// A constraint grows with the texts that follow it.
        var size: Int { sourceSize + constraint.memory }
    }

    /// A bound on `size` when a constraint is added.
    static let maximumSize = 64 << 20

    private var entries: [[UInt8]: Entry] = [:]
    private var useCount: UInt64 = 0

    /// The estimated bytes of all entries.
    var size: Int { entries.values.reduce(0) { $0 + $1.size } }

    /// An estimate in bytes of what is compiled, from the source alone: some 30 times the source.
    static func estimatedSize(ofKey key: [UInt8]) -> Int { (32 << 10) + 32 * key.count }

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
        let sourceSize = Self.estimatedSize(ofKey: key)
        guard entries[key] == nil, sourceSize <= Self.maximumSize else { return }
        useCount += 1
        entries[key] = Entry(constraint: constraint, sourceSize: sourceSize, lastUse: useCount)
        var size = size
        while size > Self.maximumSize, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            size -= oldest.value.size
            entries[oldest.key] = nil
        }
    }
}
