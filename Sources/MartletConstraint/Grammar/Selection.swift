/// Some of a few values, each at most once, in any order: the items of an array of which no two are equal.
struct Selection: Hashable, Sendable {
    static let maximumCount = 64

    /// As the first one.
    let items: [Regex]
    /// After another one.
    let following: [Regex]
    let minimum: Int
    let maximum: Int

    /// - Parameter items: For each value, its spellings.
    init(_ items: [Regex], separator: Regex, minimum: Int, maximum: Int?, _ arena: inout RegexArena) {
        var following: [Regex] = []
        for item in items { following.append(arena.concatenation(separator, item)) }
        (self.items, self.following, self.minimum) = (items, following, minimum)
        self.maximum = min(maximum ?? .max, items.count)
    }

    /// The same, in another arena.
    init(_ other: Selection, _ expressions: [Regex]) {
        (minimum, maximum) = (other.minimum, other.maximum)
        items = other.items.map { expressions[$0.id] }
        following = other.following.map { expressions[$0.id] }
    }
}
