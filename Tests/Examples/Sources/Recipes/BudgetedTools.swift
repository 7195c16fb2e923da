import MartletClient
import Synchronization

/// A tool that the model may call.
public struct Price: Tool {
    public struct Arguments: Decodable, Sendable { var product: String }
    public let name = "get_price"
    public let description = "Get the price of a product."
    private let prices: [String: Int]

    public init(_ prices: [String: Int]) { self.prices = prices }

    public func call(_ arguments: Arguments, context: ToolContext) async throws -> String {
        guard let price = prices[arguments.product] else { throw UnknownProduct.named(arguments.product) }
        return String(price)
    }

    /// The model receives the error, and may try again.
    enum UnknownProduct: Error { case named(String) }
}

/// Lets the model call tools at most `budget` times; then it must reply with what it has.
public func answer(_ question: String, from client: Client, tools: [any Tool], budget: Int) async throws -> ToolRun {
    let calls = Atomic(0)
    var hooks = ToolHooks()
    hooks.budgetExhausted = { calls.add(1, ordering: .relaxed).newValue > budget }
    let run = try await client.runTools(.init(messages: [.user(question)], temperature: 0), tools: tools, hooks: hooks)
    guard run.stop == .budgetExhausted else { return run }
    var last = run
    last.request.tools = []
    return try await client.resume(last, tools: [])
}
