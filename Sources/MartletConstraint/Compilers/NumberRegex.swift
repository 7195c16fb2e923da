/// Makes the JSON numbers of a range, in the spelling that Martlet permits: no leading zeros or signs, a limited number of
/// digits, and an exponent only without bounds.
struct NumberRegex {
    /// The most digits of a part of a number; nil for any number.
    struct Limits: Hashable, Sendable {
        /// Before the decimal point, and after it.
        let digits: Int?
        let exponentDigits: Int?

        static let standard = Limits(digits: maximumDigits, exponentDigits: 2)
        static let none = Limits(digits: nil, exponentDigits: nil)
    }

    static let maximumDigits = 16

    enum Side { case atLeast, atMost }

    private let isInteger: Bool
    private let limits: Limits

    /// - Parameter isInteger: Leaves out fractions and exponents. `1.0` is an integer too, but that spelling is not
    ///   permitted.
    init(isInteger: Bool, _ limits: Limits = .standard) { (self.isInteger, self.limits) = (isInteger, limits) }

    /// - Parameter isBounded: Leaves out exponents.
    func number(isBounded: Bool, in arena: inout RegexArena) -> Regex {
        let minus = arena.optional(arena.literal("-".utf8))
        var parts = [minus, integral(limits.digits, &arena), fraction(&arena)]
        if !isInteger, !isBounded { parts.append(exponent(&arena)) }
        return arena.concatenation(parts)
    }

    /// All numbers on one side of a bound, without exponents.
    func numbers(within bound: Schema.Bound, in arena: inout RegexArena) -> Regex {
        signed(bound.side, bound.value, bound.isExclusive, &arena)
    }

    /// All multiples of a divisor, without exponents, of any length.
    func multiples(of modulus: DecimalModulus, in arena: inout RegexArena) -> Regex {
        let minus = arena.optional(arena.literal("-".utf8))
        return arena.concatenation(minus, arena.multiple(of: modulus))
    }

    private func digits(_ range: ClosedRange<UInt8>, _ arena: inout RegexArena) -> Regex {
        arena.bytes(ByteSet(range.lowerBound + 0x30...range.upperBound + 0x30))
    }

    /// Whole numbers of at most `longest` digits.
    private func integral(_ longest: Int?, _ arena: inout RegexArena) -> Regex {
        let rest = arena.repetition(digits(0...9, &arena), 0, longest.map { $0 - 1 })
        return arena.union([digits(0...0, &arena), arena.concatenation(digits(1...9, &arena), rest)])
    }

    private func fraction(_ arena: inout RegexArena) -> Regex {
        if isInteger { return .empty }
        let digits = arena.repetition(digits(0...9, &arena), 1, limits.digits)
        return arena.optional(arena.concatenation(arena.literal(".".utf8), digits))
    }

    private func exponent(_ arena: inout RegexArena) -> Regex {
        let sign = arena.optional(arena.bytes(ByteSet("+-".utf8)))
        let digits = arena.repetition(digits(0...9, &arena), 1, limits.exponentDigits)
        return arena.optional(arena.concatenation([arena.bytes(ByteSet("eE".utf8)), sign, digits]))
    }

    // MARK: Bounds

    private func signed(_ side: Side, _ bound: DecimalNumber, _ isExclusive: Bool, _ arena: inout RegexArena) -> Regex {
        let zero = DecimalNumber.zero
        let negative = arena.literal("-".utf8)
        // Minus zero is zero.
        let (positives, negatives): (Regex, Regex)
        switch (side, bound.isNegative) {
        case (.atLeast, false):
            positives = unsigned(.atLeast, bound, isExclusive, &arena)
            negatives = bound.isZero && !isExclusive ? unsigned(.atMost, zero, false, &arena) : .nothing
        case (.atLeast, true):
            positives = unsigned(.atLeast, zero, false, &arena)
            negatives = unsigned(.atMost, bound, isExclusive, &arena)
        case (.atMost, false):
            positives = unsigned(.atMost, bound, isExclusive, &arena)
            negatives =
                bound.isZero && isExclusive
                ? unsigned(.atLeast, zero, true, &arena) : unsigned(.atLeast, zero, false, &arena)
        case (.atMost, true):
            positives = .nothing
            negatives = unsigned(.atLeast, bound, isExclusive, &arena)
        }
        return arena.union([positives, arena.concatenation(negative, negatives)])
    }

    /// The numbers without a sign on one side of the size of a bound.
    private func unsigned(_ side: Side, _ bound: DecimalNumber, _ isExclusive: Bool, _ arena: inout RegexArena) -> Regex
    {
        let length = max(1, bound.integral.count)
        let longest = limits.digits ?? .max
        var choices: [Regex] = []
        if side == .atMost, length > 1 {
            choices.append(arena.concatenation(integral(min(length - 1, longest), &arena), fraction(&arena)))
        }
        if length <= longest, let digits = bound.digits(integralLength: length) {
            choices.append(compared(side, digits, isExclusive, from: 0, length, &arena))
        }
        if side == .atLeast, length < longest {
            let rest = arena.repetition(digits(0...9, &arena), length, limits.digits.map { $0 - 1 })
            choices.append(arena.concatenation([digits(1...9, &arena), rest, fraction(&arena)]))
        }
        return arena.union(choices)
    }

    /// The rest of a number with `length` integral digits from the digit `position` on.
    private func anything(from position: Int, _ length: Int, _ arena: inout RegexArena) -> Regex {
        if position < length {
            let first = digit(at: position, length, 0...9, &arena)
            let rest = arena.repetition(digits(0...9, &arena), length - position - 1, length - position - 1)
            return arena.concatenation([first, rest, fraction(&arena)])
        }
        let rest = arena.repetition(digits(0...9, &arena), 0, limits.digits.map { $0 - (position - length) })
        return position == length ? fraction(&arena) : rest
    }

    /// The digits of `range` that may stand at a position: the first of several is not 0.
    private func digit(
        at position: Int, _ length: Int, _ range: ClosedRange<UInt8>, _ arena: inout RegexArena
    ) -> Regex {
        let low = position == 0 && length > 1 ? max(1, range.lowerBound) : range.lowerBound
        return low > range.upperBound ? .nothing : digits(low...range.upperBound, &arena)
    }

    /// As `anything`, if all digits before `position` are those of the bound.
    private func compared(
        _ side: Side, _ bound: [UInt8], _ isExclusive: Bool, from position: Int, _ length: Int,
        _ arena: inout RegexArena
    ) -> Regex {
        if limits.digits == nil, position > max(length, bound.count - 1) {
            return afterEqual(side, isExclusive, &arena)
        }
        var choices: [Regex] = []
        if position >= length {
            // The number may end here, with zeros in the place of further digits.
            let rest = bound[min(position, bound.count)...]
            let isEqual = rest.allSatisfy { $0 == 0 }
            if isEqual ? !isExclusive : side == .atMost { choices.append(.empty) }
        }
        if position < (isInteger ? length : limits.digits.map { length + $0 } ?? .max) {
            let digit = position < bound.count ? bound[position] : 0
            var further: [Regex] = []
            if side == .atLeast, digit < 9 {
                further.append(
                    arena.concatenation(
                        self.digit(at: position, length, digit + 1...9, &arena),
                        anything(from: position + 1, length, &arena)))
            }
            if side == .atMost, digit > 0 {
                further.append(
                    arena.concatenation(
                        self.digit(at: position, length, 0...digit - 1, &arena),
                        anything(from: position + 1, length, &arena)))
            }
            further.append(
                arena.concatenation(
                    self.digit(at: position, length, digit...digit, &arena),
                    compared(side, bound, isExclusive, from: position + 1, length, &arena)))
            let rest = arena.union(further)
            choices.append(position == length ? arena.concatenation(arena.literal(".".utf8), rest) : rest)
        }
        return arena.union(choices)
    }

    /// The rest of a fraction that begins with all digits of the bound, of any length.
    private func afterEqual(_ side: Side, _ isExclusive: Bool, _ arena: inout RegexArena) -> Regex {
        let zeros = arena.repetition(digits(0...0, &arena), 0, nil)
        let rest = arena.repetition(digits(0...9, &arena), 0, nil)
        switch (side, isExclusive) {
        case (.atLeast, false): return rest
        case (.atLeast, true): return arena.concatenation([zeros, digits(1...9, &arena), rest])
        case (.atMost, false): return zeros
        case (.atMost, true): return .nothing
        }
    }
}

extension DecimalNumber {
    fileprivate static let zero = DecimalNumber(isNegative: false, integral: [], fraction: [])

    private init(isNegative: Bool, integral: [UInt8], fraction: [UInt8]) {
        (self.isNegative, self.integral, self.fraction) = (isNegative, integral, fraction)
    }
}
