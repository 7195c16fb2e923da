/// What to remove of an object so that it lacks some members, found while its members are visited: their commas are removed
/// too.
package struct JSONRemoval {
    private var removed: [Range<Int>] = []
    /// The start of a removed member before all that are kept, whose comma is behind it.
    private var open: Int?
    private var hasKept = false
    private var end = 0

    package init() {}

    /// Whether a member was visited.
    package var hasMembers: Bool { end > 0 }

    /// Goes on to the next member.
    package mutating func pass(_ name: Range<Int>, _ value: Range<Int>, isRemoved: Bool) {
        if let start = open { removed.append(start..<name.lowerBound) }
        open = nil
        if !isRemoved {
            hasKept = true
        } else if hasKept {
            removed.append(end..<value.upperBound)
        } else {
            open = name.lowerBound
        }
        end = value.upperBound
    }

    /// After all members.
    package var places: [Range<Int>] { open.map { removed + [$0..<end] } ?? removed }
}
