import Testing

@testable import MartletCLI

struct CalculatorTests {
    @Test(
        arguments: [
            ("7 * 8", 56), ("1+2*3", 7), ("(1 + 2) * 3", 9), ("-2^2", 4), ("2^3^2", 512), ("2^-1", 0.5),
            ("10 / 4", 2.5),
            ("7 % 4", 3), ("-(3 − 5)", 2), ("1.5 × 4 ÷ 2", 3), ("0.1", 0.1), (" 5 ", 5), ("--5", 5), ("8-3-2", 3),
        ] as [(String, Double)])
    func `arithmetic follows the usual precedence`(_ text: String, _ value: Double) throws {
        #expect(try Calculator.value(of: text) == value)
    }

    @Test(arguments: [
        "", "x", "1 +", "(1", "1)", "1 / 0", "0/0", "1..2", "2^0.5", "9^9999", "1 2 a", "٣", "1e5",
    ])
    func `an invalid expression is an error`(_ text: String) {
        #expect(throws: Calculator.CalculationError.self) { try Calculator.value(of: text) }
    }

    @Test func `a hundred thousand brackets or signs are an error`() {
        // Not test arguments, because every line of output would contain them.
        for text in [String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000) + "1"] {
            #expect(throws: Calculator.CalculationError.self) { try Calculator.value(of: text) }
        }
    }
}
