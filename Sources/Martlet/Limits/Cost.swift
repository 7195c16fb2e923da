/// What a request costs by the prices of its model. Integers, so that sums are exact.
public struct Cost: Sendable, Hashable, CustomStringConvertible {
    /// Billionths of a unit of the currency.
    public var nanoUnits: Int
    /// A label, such as `USD`.
    public var currency: String

    public init(nanoUnits: Int, currency: String) { (self.nanoUnits, self.currency) = (nanoUnits, currency) }

    /// The amount in units, exact, without an exponent and without zeros at its end: `0.0012`.
    public var amount: String { Self.amount(nanoUnits) }

    /// The amount and the currency: `0.0012 USD`.
    public var description: String { "\(amount) \(currency)" }

    /// - Parameter nanoUnits: Billionths of a unit.
    package static func amount(_ nanoUnits: Int) -> String {
        let (units, rest) = nanoUnits.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        let sign = nanoUnits < 0 ? "-" : ""
        if rest == 0 { return "\(sign)\(units)" }
        var decimals = String(String(rest + 1_000_000_000).dropFirst())
        while decimals.last == "0" { decimals.removeLast() }
        return "\(sign)\(units).\(decimals)"
    }
}
