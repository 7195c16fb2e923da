import Foundation
import MartletHTTP
import Testing

@testable import MartletHTTP

struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (946_684_799, "Fri, 31 Dec 1999 23:59:59 GMT"),
        (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (253_402_300_800, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-1, "Thu, 01 Jan 1970 00:00:00 GMT"), (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func `known dates are formatted`(seconds: Int, text: String) {
        #expect(HTTPDate(secondsSince1970: seconds).description == text)
    }

    @Test func `every thirteenth day of five centuries agrees with Foundation`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        for day in stride(from: 0, to: 182_622, by: 13) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
            let weekday = weekdays[try #require(parts.weekday) - 1]
            let month = months[try #require(parts.month) - 1]
            let number = try #require(parts.day)
            let expected = "\(weekday), \(number < 10 ? "0" : "")\(number) \(month) \(try #require(parts.year))"
            #expect(HTTPDate(secondsSince1970: day * 86_400).description == expected + " 00:00:00 GMT")
        }
    }

    @Test func `every thirteenth day of five centuries survives formatting and parsing`() {
        for day in stride(from: 0, to: 182_621, by: 13) {
            let second = day * 86_400 + day % 86_400
            #expect(HTTPDate.secondsSince1970(parsing: HTTPDate(secondsSince1970: second).description) == second)
        }
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func `all three formats of a date are parsed`(text: String) {
        #expect(HTTPDate.secondsSince1970(parsing: text) == 784_111_777)
    }

    @Test(arguments: [
        "", "soon", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1969 00:00:00 GMT",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "a b c d e f", "1 2 3 4:5:6 7",
    ])
    func `malformed dates are nil`(text: String) {
        #expect(HTTPDate.secondsSince1970(parsing: text) == nil)
    }
}

struct RFC3339DateTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (784_111_777_000_123, "1994-11-06T08:49:37.000123Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (-5, "1970-01-01T00:00:00.000000Z"),
        (4_102_444_799_999_999, "2099-12-31T23:59:59.999999Z"),
    ])
    func `a time is formatted in UTC with microseconds`(microseconds: Int, text: String) {
        #expect(RFC3339Date(microsecondsSince1970: microseconds).description == text)
    }
}
