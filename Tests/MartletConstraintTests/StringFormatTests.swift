import Foundation
import Testing

@testable import MartletConstraint

/// The formats of strings.
struct StringFormatTests {
    private static func accepts(_ format: String, _ texts: [String]) throws -> [Bool] {
        var builder = RegexBuilder()
        let pattern = try #require(StringFormat.text(named: format))
        let regex = try builder.searching(RegexParser.parse(pattern), as: .jsonString)
        var dfa = LazyDFA(builder.arena)
        return try texts.map { text in
            var state = regex
            for byte in RegexBuilder.bytes(of: text, as: .jsonString) { state = try dfa.next(state, byte) }
            return dfa.accepts(state)
        }
    }

    @Test(arguments: [
        (
            "time", ["00:00:00Z", "23:59:59.123456789+05:30", "12:00:00-00:00"],
            ["24:00:00Z", "12:60:00Z", "12:00:60Z", "12:00:00", "12:00Z", "12:00:00z", "12:00:00+24:00", "12:00:00.Z"]
        ),
        (
            "date-time", ["2026-11-22T05:00:00Z", "2024-02-29T23:59:59.5+01:00"],
            ["2026-11-22 05:00:00Z", "2023-02-29T00:00:00Z", "2026-11-22"]
        ),
        (
            "duration", ["P1Y2M3DT4H5M6S", "PT5M", "P4W", "P1D", "PT36H", "P1YT1S"],
            ["P", "PT", "P1YW", "P1S", "PT1D", "P1Y3D", "1Y", "P4W1D"]
        ),
        (
            "email", ["a@b", "x.y+z@example.co", "o'hara@a-b.fr"],
            ["a@", "@b", "a..b@c", ".a@b", "a@-b", "a b@c", "a@b@c", String(repeating: "a", count: 65) + "@b"]
        ),
        (
            "hostname", ["a", "example.com", "xn--bcher-kva.example", String(repeating: "a", count: 63)],
            [
                "", "-a", "a-", "a..b", ".a", "a.", "a_b", String(repeating: "a", count: 64),
                String(repeating: "a.", count: 127) + "a",
            ]
        ),
        ("ipv4", ["0.0.0.0", "255.255.255.255", "127.0.0.1"], ["256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", ""]),
        (
            "ipv6",
            [
                "::", "::1", "1::", "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1",
                "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::3:4:5:6:7:8",
            ],
            [
                ":", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::1%eth0", "1:2:3:4:5:6:7:8::",
                "::ffff:256.0.0.1", ":::",
            ]
        ),
        (
            "uuid", ["123e4567-e89b-12d3-a456-426614174000", "ABCDEF01-2345-6789-ABCD-EF0123456789"],
            ["123e4567e89b12d3a456426614174000", "g23e4567-e89b-12d3-a456-426614174000"]
        ),
        (
            "uri",
            [
                "https://user:p@example.com:8080/a/b?c=d&e#f", "mailto:a@b", "urn:x:y", "file:///etc", "http://[::1]/",
                "a:", "http://a/%20",
            ],
            ["//a/b", "a/b", "http://a b", "http://a/%2", "1a:b", "http://[::1", "http://a/\u{E9}", ""]
        ),
        ("uri-reference", ["", "a/b", "../x", "//h/p", "#f", "?q", "http://a", "/a:b"], ["a b", "\\", "1a:b"]),
        ("json-pointer", ["", "/a/~0~1/0", "/"], ["a", "/~2", "/~"]),
    ])
    func `a text has a format or not`(format: String, valid: [String], invalid: [String]) throws {
        let results = try Self.accepts(format, valid + invalid)
        for (text, (isAccepted, isValid)) in zip(
            valid + invalid, zip(results, valid.map { _ in true } + invalid.map { _ in false }))
        {
            #expect(isAccepted == isValid, "\(format) \(text)")
        }
    }

    @Test func `a date is a day of the calendar`() throws {
        var texts: [String] = []
        var expected: [Bool] = []
        for year in [0, 1, 4, 100, 400, 1600, 1900, 1904, 1999, 2000, 2023, 2024, 2100, 2400, 9996, 9999] {
            for month in [0, 1, 2, 4, 6, 9, 11, 12, 13] {
                for day in [0, 1, 9, 10, 28, 29, 30, 31, 32] {
                    texts.append(String(format: "%04d-%02d-%02d", year, month, day))
                    // The proleptic Gregorian calendar repeats every 400 years.
                    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
                    let days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
                    expected.append(year > 0 && (1...12).contains(month) && day >= 1 && day <= days[(month + 11) % 12])
                }
            }
        }
        #expect(try Self.accepts("date", texts) == expected)
    }

    @Test func `an unknown format has no pattern`() { #expect(StringFormat.text(named: "iban") == nil) }
}
