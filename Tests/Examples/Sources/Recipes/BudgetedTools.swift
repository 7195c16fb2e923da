import MartletClient
import Synchronization

/// A tool that the model may call.
public struct Multiply: Tool {
    public struct Arguments: Decodable, Sendable { var expression: String }
    public let name = "calculate"
    public let description = "Multiplies two numbers, given as `a * b`."

    public init() {}

    public func call(_ arguments: Arguments, context: ToolContext) async throws -> String {
        let factors = arguments.expression.split(separator: "*").compactMap { Int($0.filter { !$0.isWhitespace }) }
        guard factors.count == 2 else { throw InvalidExpression.needsTwoFactors }
        return String(factors[0] * factors[1])
    }

    /// The model receives the error, and may try again.
    enum InvalidExpression: Error { case needsTwoFactors }
}

/// Lets the model call tools at most `budget` times; then it must reply with what it has.
public func answer(_ question: String, from client: Client, tools: [any Tool], budget: Int) async throws -> ToolRun {
    let calls = Atomic(0)
    var hooks = ToolHooks()
    hooks.budgetExhausted = { calls.add(1, ordering: .relaxed).newValue > budget }
    let run = try await client.runTools(.init(messages: [.user(question)]), tools: tools, hooks: hooks)
    guard run.stop == .budgetExhausted else { return run }
    var last = run
    last.request.tools = []
    return try await client.resume(last, tools: [])
}
