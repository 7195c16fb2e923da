public import MartletOpenAI

/// The state of a tool loop, and why it stopped. It is a value that can be stored, and continued with `Client.resume`.
public struct ToolRun: Sendable {
    /// The reason why a loop stopped.
    public enum Stop: Sendable, Equatable {
        /// The model replied without a call, for this reason.
        case finished(FinishReason?)
        /// The budget is used up. Every call has a result, so the conversation can continue.
        case budgetExhausted
        /// These calls await a decision.
        case paused([ToolCall])
        /// The maximum number of turns is reached. Every call has a result.
        case maximumTurns
    }

    /// The request, with the conversation so far.
    public var request: Client.ChatRequest
    /// The model's last reply.
    public var reply: ChatReply
    /// The usage of all replies together.
    public var usage: Usage
    /// The number of replies so far.
    public var turns: Int
    /// The reason why the loop stopped.
    public var stop: Stop
    /// Whether the budget ran out while other calls were paused.
    var isHalted = false

    /// The conversation so far.
    public var messages: [ChatMessage] { request.messages }
    /// The last reply's text.
    public var content: String { reply.content }
}

extension Client {
    /// Sends a request, performs the model's tool calls, returns their results to the model, and so on until it replies
    /// without a call.
    ///
    /// The calls of one reply run concurrently, and their results are appended in the order of the calls. If a tool
    /// throws or does not exist, or its arguments do not decode, the model receives that as the result, and the loop
    /// continues. The outcome is the same whether the replies are streamed (`request.stream`) or not.
    ///
    /// - Parameters:
    ///   - request: The first request.
    ///   - tools: Added to the request's own definitions.
    ///   - hooks: Callbacks.
    ///   - maximumTurns: The maximum number of replies; 1 is a single step, which `resume` continues.
    ///   - concurrently: Whether the calls of one reply run concurrently.
    /// - Throws: `ClientError`, also for an incomplete reply, and, before anything is sent, for a tool whose arguments
    ///   have no schema.
    public nonisolated(nonsending) func runTools(
        _ request: ChatRequest, tools: [any Tool], hooks: ToolHooks = ToolHooks(), maximumTurns: Int = 32,
        concurrently: Bool = true
    ) async throws(ClientError) -> ToolRun {
        var request = request
        let known = Set(request.tools.map(\.name))
        for tool in tools where !known.contains(tool.name) {
            do { request.tools.append(try tool.definition) } catch {
                throw ClientError(.formatError, "build request: the tool \(tool.name): \(error)")
            }
        }
        let loop = ToolLoop(
            client: self, tools: tools, hooks: hooks, turnsLeft: maximumTurns, concurrently: concurrently)
        return try await loop.run(request, after: nil)
    }

    /// Continues a loop that stopped, with its paused calls or with the next request to the model.
    ///
    /// - Parameters:
    ///   - run: The loop that stopped.
    ///   - tools: The tools; their definitions are already in the request.
    ///   - answers: Results of paused calls, by the call's id; the other calls are performed.
    ///   - hooks: Callbacks.
    ///   - maximumTurns: The maximum number of further replies.
    ///   - concurrently: Whether the calls of one reply run concurrently.
    public nonisolated(nonsending) func resume(
        _ run: ToolRun, tools: [any Tool], answers: [String: String] = [:], hooks: ToolHooks = ToolHooks(),
        maximumTurns: Int = 32, concurrently: Bool = true
    ) async throws(ClientError) -> ToolRun {
        if case .finished = run.stop { return run }
        let loop = ToolLoop(
            client: self, tools: tools, hooks: hooks, turnsLeft: maximumTurns, concurrently: concurrently)
        guard case .paused(let calls) = run.stop else { return try await loop.run(run.request, after: run) }
        return try await loop.run(run.request, after: run, making: calls, answers: answers)
    }
}
