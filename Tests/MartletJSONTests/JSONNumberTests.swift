import MartletJSON
import Testing

struct JSONNumberTests {
    private func number(_ text: String) throws -> JSONNumber {
        try #require(try JSONValue(parsing: Array(text.utf8)).number)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("16", 16), ("-16", -16), ("16.0", 16), ("16.000", 16), ("1e2", 100), ("1E+2", 100),
            ("1.6e1", 16), ("1600e-2", 16), ("-1.5e1", -15), ("0.0", 0), ("0e999999999999999999999", 0), ("-0.0e-5", 0),
            ("0.001e3", 1), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775807.0", .max), ("-9.223372036854775808e18", .min), ("1e18", 1_000_000_000_000_000_000),
        ])
    func `an integral number has its exact integer in any spelling`(text: String, value: Int) throws {
        #expect(try number(text).int == value)
    }

    @Test(arguments: [
        "0.5", "1.5e0", "16.01", "1e-1", "9223372036854775808", "-9223372036854775809", "12345678901234567890",
        "9.223372036854775808e18", "1e19", "1e400", "1e999999999999999999999", "1e9223372036854775807",
        "1e-9223372036854775808", "1.00000000000000000001",
    ])
    func `a number that is not an integer or does not fit has no integer value`(text: String) throws {
        #expect(try number(text).int == nil)
    }

    @Test func `a double is the nearest one, or nil beyond the range`() throws {
        #expect(try number("0.1").double == 0.1)
        #expect(try number("12345678901234567890").double == 1.2345678901234567e19)
        #expect(try number("-0").double?.sign == .minus)
        #expect(try number("1e-400").double == 0)
        #expect(try number("1E400").double == nil)
        #expect(try number("-1E400").double == nil)
    }

    @Test func `a number created from a value reads back as that value`() throws {
        for value in [0, 1, -1, Int.max, .min] { #expect(JSONNumber(value).int == value) }
        for value in [0.1, -0.0, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
            let number = try #require(JSONNumber(value))
            #expect(number.double == value)
            #expect(try self.number(number.text) == number)
        }
    }

    @Test(arguments: [0, 7, -7, 999_999_999_999_999_999, 1_000_000_000_000_000_000, .max, .min])
    func `a parsed and a created integer are equal`(value: Int) throws {
        #expect(try number(String(value)) == JSONNumber(value))
        #expect(JSONNumber(value).text == String(value))
    }

    @Test func `numbers with different spellings are different`() throws {
        #expect(try number("1") != number("1.0"))
        #expect(try number("-0") != number("0"))
        #expect(try number("1e2") != number("100"))
    }

    @Test func `values that JSON cannot express give no number`() {
        #expect(JSONNumber(.nan) == nil)
        #expect(JSONNumber(.infinity) == nil)
        #expect(JSONNumber(-.infinity) == nil)
    }
}
