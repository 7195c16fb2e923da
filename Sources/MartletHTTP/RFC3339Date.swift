/// A moment as JSON APIs write it (RFC 3339 section 5.6), in UTC with six digits of a second, as
/// `2026-08-21T00:00:00.000000Z`.
package struct RFC3339Date: Sendable, CustomStringConvertible {
    package let description: String

    /// The moment so many microseconds after 1970-01-01T00:00:00Z; what lies before is that.
    package init(microsecondsSince1970 microseconds: Int) {
        let (seconds, fraction) = max(0, microseconds).quotientAndRemainder(dividingBy: 1_000_000)
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = HTTPDate.civilDate(daysSince1970: days)
        let day = [date.month, date.day].map { Self.digits($0, 2) }.joined(separator: "-")
        let clock = [second / 3600, second / 60 % 60, second % 60].map { Self.digits($0, 2) }.joined(separator: ":")
        description = "\(Self.digits(date.year, 4))-\(day)T\(clock).\(Self.digits(fraction, 6))Z"
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
