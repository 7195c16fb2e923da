internal import MartletJSON

/// A decimal number of any size, as a bound of others.
struct DecimalBound: Hashable, Sendable {
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
