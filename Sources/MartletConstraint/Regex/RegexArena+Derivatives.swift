extension RegexArena {
    /// The strings that follow `byte` in the strings of the language.
    mutating func derivative(_ regex: Regex, _ byte: UInt8) -> Regex {
        switch node(regex) {
        case .bytes(let set): return set.contains(byte) ? .empty : .nothing
        case .empty: return .nothing
        case .concatenation: return derivative(ofChain: regex, byte)
        case .union(let parts): return union(derivatives(parts, byte))
        case .intersection(let parts): return intersection(derivatives(parts, byte))
        case .complement(let part): return complement(derivative(part, byte))
        case .repetition(let part, let minimum, let maximum):
            let head = derivative(ofRepeated: part, byte)
            if head == .nothing { return .nothing }
            // A nullable part may have taken any number of the repetitions before.
            let rest = repetition(
                part, isNullable(part) ? 0 : max(0, Int(minimum) - 1), maximum.map { Int($0) - 1 })
            return concatenation(head, rest)
        case .multiple(var remainder):
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                return remainder.append(byte - UInt8(ascii: "0")) ? intern(.multiple(remainder)) : .nothing
            case UInt8(ascii: ".") where !remainder.hasPoint:
                remainder.appendPoint()
                return intern(.multiple(remainder))
            default: return .nothing
            }
        }
    }

    /// Remembered, since the states of a counted repetition differ in the count alone.
    private mutating func derivative(ofRepeated part: Regex, _ byte: UInt8) -> Regex {
        let key = RepeatedDerivative(part: part, byte: byte)
        if let known = repeated[key] { return known }
        let result = derivative(part, byte)
        if isWithinLimits { repeated[key] = result }
        return result
    }

    private mutating func derivative(ofChain chain: Regex, _ byte: UInt8) -> Regex {
        var (choices, last) = ([Regex](), chain)
        while case .concatenation(let first, let rest) = node(last) {
            guard spend() else { return .nothing }
            choices.append(concatenation(derivative(first, byte), rest))
            if !isNullable(first) { return union(choices) }
            last = rest
        }
        choices.append(derivative(last, byte))
        return union(choices)
    }

    private mutating func derivatives(_ parts: [Regex], _ byte: UInt8) -> [Regex] {
        var result: [Regex] = []
        result.reserveCapacity(parts.count)
        for part in parts { result.append(derivative(part, byte)) }
        return result
    }

    // MARK: Work

    /// The most parts that may be looked at for one state: beyond it, a derivative is not complete.
    private static let maximumWork = 1_000_000

    /// Before the derivatives of a state.
    mutating func beginWork() { work = 0 }

    /// Whether the derivatives since `beginWork()` are complete.
    var isWithinLimits: Bool { work <= Self.maximumWork }

    /// Counts a part. Returns false beyond the limit.
    mutating func spend() -> Bool {
        work += 1
        return isWithinLimits
    }

    /// For each byte the number of its class: no expression distinguishes the bytes of one class.
    func byteClasses() -> (classes: [UInt8], representatives: [UInt8]) {
        var sets: Set<ByteSet> = []
        for node in nodes {
            switch node {
            case .bytes(let set) where !set.isEmpty: sets.insert(set)
            case .multiple: for byte in ".0123456789".utf8 { sets.insert(ByteSet(byte...byte)) }
            default: break
            }
        }
        let ordered = Array(sets)
        var known: [[UInt64]: UInt8] = [:]
        var classes: [UInt8] = []
        var representatives: [UInt8] = []
        for byte in UInt8.min...UInt8.max {
            var signature = [UInt64](repeating: 0, count: (ordered.count + 63) / 64)
            for (index, set) in ordered.enumerated() where set.contains(byte) {
                signature[index / 64] |= 1 << (index % 64)
            }
            if let number = known[signature] {
                classes.append(number)
            } else {
                let number = UInt8(representatives.count)
                known[signature] = number
                classes.append(number)
                representatives.append(byte)
            }
        }
        return (classes, representatives)
    }
}
