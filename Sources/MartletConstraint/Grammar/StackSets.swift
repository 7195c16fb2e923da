/// A set of stacks of return addresses: a number in `StackSets`.
typealias StackSet = Int32

/// Sets of stacks, each stored once. A stack has the nodes of a grammar to which calls return, the innermost on top.
///
/// Sets share their lower parts, so that ambiguity does not multiply stacks, and equal sets have equal numbers, so that
/// equal situations of a parser are recognized.
struct StackSets: Sendable {
    /// The tops of the stacks of a set, each with the set of what is below it.
    struct Content: Hashable, Sendable {
        /// Whether the empty stack is in the set.
        var hasEmpty: Bool
        /// Sorted by node; each node once.
        var tops: [Top]
    }

    struct Top: Hashable, Sendable {
        let node: Int32
        let rest: StackSet
    }

    /// The set that has only the empty stack.
    static let empty: StackSet = 0

    /// The most calls that may be open in a text. Sets are united by recursion, level by level.
    static let maximumDepth = 512

    private var contents = Interned<Content>()
    /// By set, the height of its highest stack.
    private var depths: [Int] = []
    private(set) var depth = 0
    private var unions: [Pair: StackSet] = [:]

    private struct Pair: Hashable, Sendable {
        let first, second: StackSet
    }

    init() { _ = intern(Content(hasEmpty: true, tops: [])) }

    var count: Int { contents.count }

    subscript(_ set: StackSet) -> Content { contents[set] }

    private mutating func intern(_ content: Content) -> StackSet {
        let (number, isNew) = contents.insert(content)
        if isNew {
            depths.append((content.tops.map { depths[Int($0.rest)] + 1 }.max() ?? 0))
            depth = max(depth, depths[Int(number)])
        }
        return number
    }

    /// The stacks of `set` with `node` on top.
    mutating func pushing(_ node: Int32, on set: StackSet) -> StackSet {
        intern(Content(hasEmpty: false, tops: [Top(node: node, rest: set)]))
    }

    mutating func union(_ first: StackSet, _ second: StackSet) -> StackSet {
        if first == second { return first }
        let pair = Pair(first: min(first, second), second: max(first, second))
        if let known = unions[pair] { return known }
        let (left, right) = (contents[first], contents[second])
        var tops = left.tops
        for top in right.tops {
            if let index = tops.firstIndex(where: { $0.node == top.node }) {
                tops[index] = Top(node: top.node, rest: union(tops[index].rest, top.rest))
            } else {
                tops.append(top)
            }
        }
        tops.sort { $0.node < $1.node }
        let result = intern(Content(hasEmpty: left.hasEmpty || right.hasEmpty, tops: tops))
        unions[pair] = result
        return result
    }
}
