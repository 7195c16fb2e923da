/// Values that are stored once each, numbered as they arrive.
///
/// A hash table of numbers beside an array of values: half the memory of a dictionary with the values as keys, which also
/// makes it faster to fill and to copy.
struct Interned<Value: Hashable & Sendable>: Sendable {
    private(set) var values: [Value] = []
    /// By value.
    private var hashes: [UInt32] = []
    /// Numbers of values, each in the first free slot from its hash on; the count is a power of two.
    private var slots: [Int32] = Array(repeating: free, count: 16)

    private static var free: Int32 { -1 }

    var count: Int { values.count }

    subscript(_ number: Int32) -> Value { values[Int(number)] }

    /// The number of a value, and whether the value is new.
    mutating func insert(_ value: Value) -> (number: Int32, isNew: Bool) {
        let hash = UInt32(truncatingIfNeeded: value.hashValue)
        let (slot, known) = find(value, hash)
        if let known { return (known, false) }
        let number = Int32(values.count)
        values.append(value)
        hashes.append(hash)
        slots[slot] = number
        if 2 * values.count > slots.count { grow() }
        return (number, true)
    }

    /// The number of a value that is known.
    func number(of value: Value) -> Int32? { find(value, UInt32(truncatingIfNeeded: value.hashValue)).number }

    /// The slot of a value, or the one for it.
    private func find(_ value: Value, _ hash: UInt32) -> (slot: Int, number: Int32?) {
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != Self.free {
            let number = slots[slot]
            if hashes[Int(number)] == hash, values[Int(number)] == value { return (slot, number) }
            slot = (slot + 1) & (slots.count - 1)
        }
        return (slot, nil)
    }

    private mutating func grow() {
        slots = Array(repeating: Self.free, count: 2 * slots.count)
        for (number, hash) in hashes.enumerated() {
            var slot = Int(hash) & (slots.count - 1)
            while slots[slot] != Self.free { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(number)
        }
    }
}
