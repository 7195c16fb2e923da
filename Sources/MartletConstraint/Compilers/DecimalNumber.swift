internal import MartletJSON

/// A decimal number of any size: a bound of others, a divisor or a value.
struct DecimalNumber: Hashable, Sendable {
    var isNegative: Bool
    /// Without leading zeros; empty below 1.
    var integral: [UInt8]
    /// Without trailing zeros.
    var fraction: [UInt8]

    /// The most digits that are kept: a number with a larger exponent is not meant.
    static let maximumDigits = 400

    /// Nil for a number with more than `maximumDigits` digits before or after the decimal point.
    init?(_ number: JSONNumber) {
        var text = number.text.utf8[...]
        isNegative = text.first == UInt8(ascii: "-")
        if isNegative { text = text.dropFirst() }
        let mantissa = text.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
        guard let exponent = mantissa.count == text.count ? 0 : Int(Substring(text.dropFirst(mantissa.count + 1)))
        else {
            return nil
        }
        let parts = mantissa.split(separator: UInt8(ascii: "."), maxSplits: 1)
        var digits = parts.joined().map { $0 - UInt8(ascii: "0") }
        var point = (parts.first?.count ?? 0) + exponent
        guard (-Self.maximumDigits...Self.maximumDigits).contains(point), digits.count <= Self.maximumDigits else {
            return nil
        }
        if point < 0 {
            digits = Array(repeating: 0, count: -point) + digits
            point = 0
        }
        if point > digits.count { digits += Array(repeating: 0, count: point - digits.count) }
        integral = Array(digits[..<point].drop { $0 == 0 })
        fraction = digits[point...].reversed().drop { $0 == 0 }.reversed()
        if isZero { isNegative = false }
    }

    var isZero: Bool { integral.isEmpty && fraction.isEmpty }

    /// The digits, the integral part padded to `length`; nil if it has more.
    func digits(integralLength length: Int) -> [UInt8]? {
        integral.count > length ? nil : Array(repeating: 0, count: length - integral.count) + integral + fraction
    }
}

extension DecimalNumber: CustomStringConvertible {
    /// Without an exponent.
    var description: String {
        var bytes: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        bytes += integral.isEmpty ? [0x30] : integral.map { $0 + 0x30 }
        if !fraction.isEmpty { bytes += [UInt8(ascii: ".")] + fraction.map { $0 + 0x30 } }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension DecimalNumber: Comparable {
    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    /// Compares sizes, without signs.
    private func isSmaller(than other: DecimalNumber) -> Bool {
        if integral.count != other.integral.count { return integral.count < other.integral.count }
        return (integral + fraction).lexicographicallyPrecedes(other.integral + other.fraction)
    }
}

// MARK: Multiples

extension DecimalNumber {
    static let maximumModulusDigits = 17

    /// The number as an integer of its smallest decimal place, regardless of its sign; nil with more than
    /// `maximumModulusDigits` digits.
    var modulus: DecimalModulus? {
        let digits = Array((integral + fraction).drop { $0 == 0 })
        guard digits.count <= Self.maximumModulusDigits else { return nil }
        return DecimalModulus(
            value: digits.reduce(0) { $0 * 10 + UInt64($1) }, fractionDigits: Int32(fraction.count))
    }

    /// Whether it is an integer multiple of a divisor.
    func isMultiple(of divisor: DecimalNumber) -> Bool {
        guard let modulus = divisor.modulus, modulus.value > 0 else { return false }
        var remainder = DecimalRemainder(of: modulus)
        for digit in integral { remainder.append(digit) }
        remainder.appendPoint()
        for digit in fraction where !remainder.append(digit) { return false }
        return remainder.isZero
    }
}

/// A divisor of decimal numbers: `value` units of the decimal place `fractionDigits`.
struct DecimalModulus: Hashable, Sendable {
    let value: UInt64
    let fractionDigits: Int32
}

/// The remainder of a number that is written digit by digit.
struct DecimalRemainder: Hashable, Sendable {
    private let modulus: DecimalModulus
    private var value: UInt64 = 0
    /// The digits to come until the last decimal place of the divisor.
    private var pendingDigits: Int32
    private(set) var hasPoint = false

    init(of modulus: DecimalModulus) { (self.modulus, pendingDigits) = (modulus, modulus.fractionDigits) }

    mutating func appendPoint() { hasPoint = true }

    /// Returns false if no multiple has this digit here.
    @discardableResult
    mutating func append(_ digit: UInt8) -> Bool {
        if hasPoint {
            if pendingDigits == 0 { return digit == 0 }
            pendingDigits -= 1
        }
        value = (value * 10 + UInt64(digit)) % modulus.value
        return true
    }

    /// Whether the number as it is written so far is a multiple.
    var isZero: Bool {
        var rest = value
        for _ in 0..<pendingDigits { rest = rest * 10 % modulus.value }
        return rest == 0
    }
}
