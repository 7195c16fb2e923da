/// The labels of a series, by which its numbers are found.
protocol SeriesKey: Hashable, Sendable {
    /// The key of all series beyond the bound.
    static var other: Self { get }
    var labels: Labels { get }
}

/// The series of a metric. They are bounded, since the values of some labels come from clients: beyond the bound,
/// numbers go to the series whose labels are `other`.
struct SeriesTable<Key: SeriesKey, Value: Sendable>: Sendable {
    /// Including the one for all others.
    static var maximumCount: Int { 1_000 }

    private var indices: [Key: Int] = [:]
    /// In the order in which they were added.
    private(set) var series: [(labels: Labels, value: Value)] = []
    private let initial: Value
    /// Successive requests often have the same labels.
    private var last: (key: Key, index: Int)?

    /// - Parameter initial: The value of a new series.
    init(_ initial: Value) { self.initial = initial }

    /// Changes the value of a series, which is added if there is none.
    mutating func update(_ key: Key, _ change: (inout Value) -> Void) { change(&series[index(of: key)].value) }

    private mutating func index(of key: Key) -> Int {
        if let last, last.key == key { return last.index }
        if let index = indices[key] {
            last = (key, index)
            return index
        }
        if indices.count >= Self.maximumCount - 1 && key != .other { return index(of: .other) }
        series.append((key.labels, initial))
        indices[key] = series.count - 1
        return series.count - 1
    }
}
