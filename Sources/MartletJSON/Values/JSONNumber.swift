/// A JSON number with its original spelling (RFC 8259 §6), so that no digit is lost.
///
/// Two numbers are equal when their spellings are: `1` and `1.0` differ. Compare `int` or `double` for values.
public struct JSONNumber: Sendable, Equatable {
    /// Canonical integers are stored as `Int`: requests carry token ids by the hundred thousand.
    private enum Storage: Sendable, Equatable {
        case integer(Int)
        case text(String)
    }

    private let storage: Storage

    init(validated text: String) {
        if text != "-0", let integer = Int(text) {
            storage = .integer(integer)
        } else {
            storage = .text(text)
        }
    }

    /// An integer in its canonical spelling.
    public init(_ value: Int) {
        storage = .integer(value)
    }

    /// The shortest spelling that reads back as the same `Double`; nil for NaN and the infinities, which JSON cannot
    /// express.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        storage = .text(value.description)
    }

    /// The exact source text, always valid JSON.
    public var text: String {
        switch storage {
        case .integer(let value): String(value)
        case .text(let text): text
        }
    }

    /// The nearest `Double`; nil for a number beyond its range, such as `1e400`.
    public var double: Double? {
        switch storage {
        case .integer(let value): return Double(value)
        case .text(let text):
            guard let value = Double(text), value.isFinite else { return nil }
            return value
        }
    }

    /// The value if it is integral and fits, in any spelling: `16`, `16.0`, `1.6e1`. Never rounds.
    public var int: Int? {
        switch storage {
        case .integer(let value): value
        case .text(let text): Self.integralValue(of: text)
        }
    }

    /// Parses a number with a fraction or an exponent as digits times a power of ten.
    private static func integralValue(of text: String) -> Int? {
        var digits: [UInt8] = []
        var power = 0
        var isNegative = false
        var isFraction = false
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "-"):
                isNegative = true
            case UInt8(ascii: "."):
                isFraction = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte - UInt8(ascii: "0")) }
                if isFraction { power -= 1 }
            default:
                if digits.isEmpty { return 0 }
                guard let exponent = Int(Substring(rest)), exponent.magnitude < Int.max / 2 else { return nil }
                power += exponent
                rest = rest[rest.endIndex...]
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            power += 1
        }
        if digits.isEmpty { return 0 }
        guard power >= 0, digits.count + power <= 19 else { return nil }
        return accumulate(digits + repeatElement(0, count: power), isNegative: isNegative)
    }

    /// Accumulates negatively because `Int.min` has no positive counterpart.
    private static func accumulate(_ digits: [UInt8], isNegative: Bool) -> Int? {
        var value = 0
        for digit in digits {
            let (product, productOverflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflows) = product.subtractingReportingOverflow(Int(digit))
            if productOverflows || sumOverflows { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}
