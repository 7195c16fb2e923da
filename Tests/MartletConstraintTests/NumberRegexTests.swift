import Foundation
import MartletJSON
import MartletUV
import Testing

@testable import MartletConstraint

/// Numbers within bounds, compared with arithmetic.
struct NumberRegexTests {
    /// All JSON numbers without an exponent of at most `length` characters, and some that are none.
    private static func texts(_ length: Int) -> [String] {
        var (all, last) = ([String](), [""])
        for _ in 0..<length {
            last = last.flatMap { text in "0159.-".map { text + String($0) } }
            all += last
        }
        return all
    }

    private static func bound(_ text: String) throws -> DecimalNumber? {
        DecimalNumber(try #require(try JSONValue(parsing: Array(text.utf8)).number))
    }

    private static func isNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?/) != nil
    }

    @Test func `a number is accepted if it is within all bounds`() throws {
        let bounds = [
            "0", "-0", "1", "-1", "5", "9", "10", "15.5", "0.5", "-0.5", "0.05", "99", "-99.9", "1e1", "1.5e-1",
            "100000",
            "-1e30", "1e30", "0.1e-30",
        ]
        let texts = Self.texts(5).map { ($0, Self.isNumber($0) ? Decimal(string: $0) : nil) }
        var random = SplitMix64(seed: 9)
        for _ in 0..<60 {
            var arena = RegexArena()
            let isInteger = Bool.random(using: &random)
            let numbers = NumberRegex(isInteger: isInteger, Bool.random(using: &random) ? .standard : .none)
            let chosen = try (0..<Int.random(in: 1...2, using: &random)).map { _ in
                let text = bounds[Int.random(in: 0..<bounds.count, using: &random)]
                let value = try #require(Decimal(string: text))
                let bound = try #require(try Self.bound(text))
                return (
                    side: Bool.random(using: &random) ? NumberRegex.Side.atLeast : .atMost, bound,
                    Bool.random(using: &random), value
                )
            }
            var parts = [numbers.number(isBounded: true, in: &arena)]
            for (side, bound, isExclusive, _) in chosen {
                let bound = Schema.Bound(side: side, value: bound, isExclusive: isExclusive)
                parts.append(numbers.numbers(within: bound, in: &arena))
            }
            let regex = arena.intersection(parts)
            var dfa = LazyDFA(arena)
            for (text, value) in texts {
                let isAccepted = value.map { value in
                    (!isInteger || !text.contains("."))
                        && chosen.allSatisfy { side, _, isExclusive, bound in
                            isExclusive && value == bound ? false : side == .atLeast ? value >= bound : value <= bound
                        }
                }
                var state = try dfa.isLive(regex) ? regex : .nothing
                for byte in text.utf8 { state = try dfa.next(state, byte) }
                #expect(dfa.accepts(state) == isAccepted ?? false, "\(chosen) \(isInteger) \(text)")
            }
        }
    }

    @Test func `without bounds there may be an exponent, and digits are limited`() throws {
        var arena = RegexArena()
        let number = NumberRegex(isInteger: false).number(isBounded: false, in: &arena)
        let integer = NumberRegex(isInteger: true).number(isBounded: false, in: &arena)
        var dfa = LazyDFA(arena)
        let nines = String(repeating: "9", count: 16)
        for (text, isNumber, isInteger) in [
            ("1e5", true, false), ("-1.5E+10", true, false), ("1e100", false, false), (nines, true, true),
            (nines + "9", false, false),
            ("0.\(nines)", true, false), ("0.\(nines)9", false, false), ("-0", true, true), ("01", false, false),
            ("+1", false, false),
        ] {
            for (regex, isAccepted) in [(number, isNumber), (integer, isInteger)] {
                var state = regex
                for byte in text.utf8 { state = try dfa.next(state, byte) }
                #expect(dfa.accepts(state) == isAccepted, "\(text)")
            }
        }
    }

    @Test func `without limits numbers have any number of digits`() throws {
        var arena = RegexArena()
        let numbers = NumberRegex(isInteger: false, .none)
        let bound = try #require(try Self.bound("12.5"))
        let above = numbers.numbers(within: Schema.Bound(side: .atLeast, value: bound, isExclusive: true), in: &arena)
        let below = numbers.numbers(within: Schema.Bound(side: .atMost, value: bound, isExclusive: false), in: &arena)
        let any = numbers.number(isBounded: false, in: &arena)
        var dfa = LazyDFA(arena)
        let nines = String(repeating: "9", count: 30)
        for (text, isAbove) in [
            (nines, true), ("12.5\(nines)", true), ("12.50000000000000000001", true),
            ("12.50000000000000000000", false),
            ("12.4\(nines)", false), ("-\(nines).\(nines)", false), ("0.\(nines)", false),
        ] {
            for (regex, isAccepted) in [(above, isAbove), (below, !isAbove), (any, true)] {
                var state = regex
                for byte in text.utf8 { state = try dfa.next(state, byte) }
                #expect(dfa.accepts(state) == isAccepted, "\(text)")
            }
        }
    }

    @Test func `a bound without numbers on its side leaves nothing`() throws {
        var arena = RegexArena()
        var parts = [NumberRegex(isInteger: true).number(isBounded: true, in: &arena)]
        for (side, text) in [(NumberRegex.Side.atLeast, "3"), (.atMost, "4")] {
            let value = try #require(try Self.bound(text))
            parts.append(
                NumberRegex(isInteger: true).numbers(
                    within: Schema.Bound(side: side, value: value, isExclusive: true), in: &arena))
        }
        let none = arena.intersection(parts)
        var dfa = LazyDFA(arena)
        #expect(try !dfa.isLive(none))
        #expect(try Self.bound("1e999") == nil)
    }
}
