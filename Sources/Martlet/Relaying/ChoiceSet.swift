/// The numbers of choices of a reply, of which there is mostly one: a set that allocates nothing for small numbers.
struct ChoiceSet {
    private var small: UInt64 = 0
    private var large: Set<Int> = []

    var isEmpty: Bool { small == 0 && large.isEmpty }

    mutating func insert(_ choice: Int) {
        if (0..<64).contains(choice) { small |= 1 << UInt64(choice) } else { large.insert(choice) }
    }

    mutating func formUnion(_ other: ChoiceSet) {
        small |= other.small
        if !other.large.isEmpty { large.formUnion(other.large) }
    }

    func isSubset(of other: ChoiceSet) -> Bool {
        small & ~other.small == 0 && (large.isEmpty || large.isSubset(of: other.large))
    }
}
