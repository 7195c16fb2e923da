/// A time in the format of the `Date` field: IMF-fixdate (RFC 9110 §5.6.7), always 29 ASCII characters in GMT.
/// Formatting takes some hundred nanoseconds, so a connection's context caches one value per second.
package struct HTTPDate: Sendable, Hashable, CustomStringConvertible {
    /// For instance `Sun, 06 Nov 1994 08:49:37 GMT`.
    package let description: String

    /// The time `seconds` after 1970-01-01T00:00:00Z, clamped to the years 1970...9999, which four digits can express.
    package init(secondsSince1970 seconds: Int) {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = Self.civilDate(daysSince1970: days)
        let weekday = Self.weekdays[(days + 4) % 7]
        let clock = [second / 3600, second / 60 % 60, second % 60].map(Self.twoDigits).joined(separator: ":")
        description =
            "\(weekday), \(Self.twoDigits(date.day)) \(Self.months[date.month - 1]) \(date.year) \(clock) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    /// The Gregorian date of a day number. Counting years from March makes the leap day the last day of a year, and the
    /// lengths of the months a linear function: the 153 days of March to July repeat.
    static func civilDate(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
        let daysSinceMarch0 = daysSince1970 + 719_468
        let (era, dayOfEra) = daysSinceMarch0.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// Parses the three formats that a recipient must accept (RFC 9110 §5.6.7) to seconds since 1970; malformed dates are
    /// nil. A two-digit year is within 1970 to 2069.
    package static func secondsSince1970(parsing text: String) -> Int? {
        // "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        guard words.count == 6 || words.count == 5, let clock = words.first(where: { $0.contains(":") }) else {
            return nil
        }
        let isAscTime = words.count == 5
        let (dayWord, monthWord, yearWord) =
            isAscTime ? (words[2], words[1], words[4]) : (words[1], words[2], words[3])
        let time = clock.split(separator: ":").map { Int($0) }
        guard isAscTime || words[5] == "GMT", let day = Int(dayWord), let month = months.firstIndex(of: monthWord),
            var year = Int(yearWord), time.count == 3, let hour = time[0], let minute = time[1], let second = time[2],
            1...31 ~= day, 0...23 ~= hour, 0...59 ~= minute, 0...60 ~= second
        else { return nil }
        if yearWord.utf8.count == 2 { year += year < 70 ? 2000 : 1900 }
        guard 1970...9999 ~= year else { return nil }
        return days(toYear: year, month: month + 1, day: day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// The first second in UTC of a day such as `2027-01-31` (RFC 3339 §5.6, full-date); nil for anything else.
    package static func secondsSince1970(parsingDay text: String) -> Int? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.joined().utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), year >= 1970,
            1...12 ~= month, 1...31 ~= day
        else { return nil }
        let days = days(toYear: year, month: month, day: day)
        // Otherwise the month is shorter.
        return civilDate(daysSince1970: days) == (year, month, day) ? days * 86_400 : nil
    }

    /// Days from 1970-01-01 to a Gregorian date: the inverse of `civilDate`.
    private static func days(toYear year: Int, month: Int, day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = marchYear.quotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// A time in the format of JSON APIs (RFC 3339 §5.6), in UTC with microseconds: `2026-08-21T00:00:00.000000Z`.
package struct RFC3339Date: Sendable, CustomStringConvertible {
    package let description: String

    /// The time `microseconds` after 1970-01-01T00:00:00Z; negative values count as 0.
    package init(microsecondsSince1970 microseconds: Int) {
        let (seconds, fraction) = max(0, microseconds).quotientAndRemainder(dividingBy: 1_000_000)
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = HTTPDate.civilDate(daysSince1970: days)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        // A line of a log has one, so that it must not take long.
        func append(_ number: Int, _ count: Int, _ separator: Unicode.Scalar) {
            var divisor = 1
            for _ in 1..<count { divisor *= 10 }
            if number >= divisor * 10 { bytes.append(contentsOf: String(number / (divisor * 10)).utf8) }
            while divisor > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
                divisor /= 10
            }
            bytes.append(UInt8(ascii: separator))
        }
        append(date.year, 4, "-")
        append(date.month, 2, "-")
        append(date.day, 2, "T")
        append(second / 3600, 2, ":")
        append(second / 60 % 60, 2, ":")
        append(second % 60, 2, ".")
        append(fraction, 6, "Z")
        description = String(decoding: bytes, as: UTF8.self)
    }
}
