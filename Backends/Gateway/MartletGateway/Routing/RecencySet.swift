/// The numbers that were inserted last, up to a capacity. All operations take constant time.
struct RecencySet: Sendable {
    /// A member and its neighbours in the order of use; -1 for none.
    private struct Entry {
        var number: UInt64
        var newer: Int32 = -1
        var older: Int32 = -1
    }

    private let capacity: Int
    /// Grows up to the capacity.
    private var entries: [Entry] = []
    private var places: [UInt64: Int32] = [:]
    private var newest: Int32 = -1
    private var oldest: Int32 = -1

    /// - Parameter capacity: 1 or more.
    init(capacity: Int) { self.capacity = min(max(1, capacity), Int(Int32.max)) }

    var count: Int { entries.count }

    func contains(_ number: UInt64) -> Bool { places[number] != nil }

    /// Makes `number` the newest, in place of the oldest if the set is full and does not contain it.
    mutating func insert(_ number: UInt64) {
        if let place = places[number] {
            if place == newest { return }
            unlink(place)
            link(place)
        } else if entries.count < capacity {
            entries.append(Entry(number: number))
            places[number] = Int32(entries.count - 1)
            link(Int32(entries.count - 1))
        } else {
            let place = oldest
            places[entries[Int(place)].number] = nil
            unlink(place)
            entries[Int(place)].number = number
            places[number] = place
            link(place)
        }
    }

    /// Inserts one after the other: the last becomes the newest.
    mutating func insert(contentsOf numbers: some Sequence<UInt64>) {
        for number in numbers { insert(number) }
    }

    private mutating func link(_ place: Int32) {
        entries[Int(place)].newer = -1
        entries[Int(place)].older = newest
        if newest >= 0 { entries[Int(newest)].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int32) {
        let (newer, older) = (entries[Int(place)].newer, entries[Int(place)].older)
        if newer >= 0 { entries[Int(newer)].older = older } else { newest = older }
        if older >= 0 { entries[Int(older)].newer = newer } else { oldest = newer }
    }
}
