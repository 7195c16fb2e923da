/// Some of a few texts, each at most once, in any order: the items of an array of which no two are equal.
struct Selection: Hashable, Sendable {
    static let maximumCount = 64

    /// As the first one.
    let items: [Regex]
    /// After another one.
    let following: [Regex]
    let minimum: Int
    let maximum: Int

    init(_ texts: [[UInt8]], separator: Regex, minimum: Int, maximum: Int?, _ arena: inout RegexArena) {
        var (items, following) = ([Regex](), [Regex]())
        for text in texts {
            items.append(arena.literal(text))
            following.append(arena.concatenation(separator, arena.literal(text)))
        }
        (self.items, self.following, self.minimum) = (items, following, minimum)
        self.maximum = min(maximum ?? .max, texts.count)
    }

    /// The same, in another arena.
    init(_ other: Selection, _ expressions: [Regex]) {
        (minimum, maximum) = (other.minimum, other.maximum)
        items = other.items.map { expressions[$0.id] }
        following = other.following.map { expressions[$0.id] }
    }
}
