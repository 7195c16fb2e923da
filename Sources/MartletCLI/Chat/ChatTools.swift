import Foundation
import MartletClient

/// Evaluates arithmetic, at which models are poor.
struct CalculateTool: Tool {
    struct Arguments: Decodable, Sendable, DescribedArguments {
        var expression: String

        static let descriptions = ["expression": "Arithmetic, such as (7 + 8) * 3."]
    }

    let name = "calculate"
    let description = "The value of an arithmetic expression."

    func call(_ arguments: Arguments, context: ToolContext) async throws -> String {
        let value = try Calculator.value(of: arguments.expression)
        return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}

/// The current time, which models do not know.
struct CurrentTimeTool: Tool {
    struct Arguments: Decodable, Sendable {}

    let name = "current_time"
    let description = "The current date and time in UTC."

    func call(_ arguments: Arguments, context: ToolContext) async throws -> String { Date.now.ISO8601Format() }
}

/// Evaluates arithmetic: numbers, `+ - * / % ^`, parentheses.
struct Calculator {
    /// An expression that has no value.
    struct CalculationError: Error, CustomStringConvertible {
        let description: String
    }

    /// The maximum nesting of parentheses and signs.
    private static let maximumDepth = 64

    private let characters: [Character]
    private var at = 0
    private var depth = 0

    /// The value of an expression.
    ///
    /// - Throws: `CalculationError`.
    static func value(of expression: String) throws -> Double {
        var calculator = Calculator(characters: expression.filter { !$0.isWhitespace }.map { $0 })
        let value = try calculator.sum()
        if let rest = calculator.next { throw CalculationError(description: "\(rest) is not expected after a value") }
        guard value.isFinite else {
            throw CalculationError(description: "the result is not a number: is something divided by 0?")
        }
        return value
    }

    private init(characters: [Character]) { self.characters = characters }

    private var next: Character? { at < characters.count ? characters[at] : nil }

    private mutating func take(_ wanted: Set<Character>) -> Character? {
        guard let next, wanted.contains(next) else { return nil }
        at += 1
        return next
    }

    private mutating func sum() throws -> Double {
        var value = try product()
        while let sign = take(["+", "-", "−"]) { value += try sign == "+" ? product() : -product() }
        return value
    }

    private mutating func product() throws -> Double {
        var value = try power()
        while let sign = take(["*", "/", "%", "×", "÷"]) {
            let right = try power()
            switch sign {
            case "*", "×": value *= right
            case "%": value = value.truncatingRemainder(dividingBy: right)
            default: value /= right
            }
        }
        return value
    }

    private mutating func power() throws -> Double {
        let base = try signed()
        guard take(["^"]) != nil else { return base }
        let exponent = try nested { try $0.power() }
        return Self.power(base, exponent)
    }

    private mutating func signed() throws -> Double {
        if take(["-", "−"]) != nil { return -(try nested { try $0.signed() }) }
        if take(["+"]) != nil { return try nested { try $0.signed() } }
        guard take(["("]) != nil else { return try number() }
        let value = try nested { try $0.sum() }
        if take([")"]) == nil { throw CalculationError(description: "a closing parenthesis is missing") }
        return value
    }

    private mutating func nested(_ read: (inout Calculator) throws -> Double) throws -> Double {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth { throw CalculationError(description: "it is nested too deeply") }
        return try read(&self)
    }

    private mutating func number() throws -> Double {
        let start = at
        while let next, next.isASCII, next.isNumber || next == "." { at += 1 }
        let text = String(characters[start..<at])
        guard let value = Double(text) else {
            let what = next.map { "\($0)" } ?? "the end"
            throw CalculationError(description: "a number is expected instead of \(text.isEmpty ? what : text)")
        }
        return value
    }

    private static func power(_ base: Double, _ exponent: Double) -> Double {
        guard exponent == exponent.rounded(), abs(exponent) <= 1024 else { return .nan }
        let whole = (0..<Int(abs(exponent))).reduce(1.0) { value, _ in value * base }
        return exponent < 0 ? 1 / whole : whole
    }
}
