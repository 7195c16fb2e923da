import Foundation
import MartletClient

/// Arithmetic, which models are bad at.
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

/// The time, which models do not know.
struct CurrentTimeTool: Tool {
    struct Arguments: Decodable, Sendable {}

    let name = "current_time"
    let description = "The current date and time in UTC."

    func call(_ arguments: Arguments, context: ToolContext) async throws -> String { Date.now.ISO8601Format() }
}
