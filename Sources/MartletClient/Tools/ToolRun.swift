public import MartletOpenAI

/// A loop of model and tools: as far as it has come, and why it stopped. It is a value that can be kept, and gone on
/// with by `Client.resume`.
public struct ToolRun: Sendable {
    /// Why it stopped.
    public enum Stop: Sendable, Equatable {
        /// The model answered without another call, for this reason.
        case finished(FinishReason?)
        /// The budget was used up. Every call has its answer: the conversation can go on.
        case budgetExhausted
        /// These calls wait for a decision.
        case paused([ToolCall])
        /// The model has answered as often as it may. Every call has its answer.
        case maximumTurns
    }

    /// The request, with the conversation as it is now.
    public var request: Client.ChatRequest
    /// The model's latest answer.
    public var reply: ChatReply
    /// What all answers cost together.
    public var usage: Usage
    /// How often the model has answered.
    public var turns: Int
    /// Why it stopped.
    public var stop: Stop
    /// Whether the budget was used up while other calls waited.
    var isHalted = false

    /// The conversation.
    public var messages: [ChatMessage] { request.messages }
    /// The text of the latest answer.
    public var content: String { reply.content }
}

extension Client {
    /// Asks, calls the tools that the model wants, tells it what came of them, and so on until it answers without a call.
    ///
    /// Calls of one answer run at the same time, and their results go into the conversation in the order of the calls. A
    /// tool that throws, that there is not, or whose arguments do not fit tells the model so, and the loop goes on. Whether
    /// the answers are streamed, as `request.stream` says, changes nothing about the records.
    ///
    /// - Parameters:
    ///   - request: What is asked first.
    ///   - tools: They are added to the request's own definitions.
    ///   - hooks: What happens around it.
    ///   - maximumTurns: How often the model may answer; 1 is a single step, to be gone on with by `resume`.
    ///   - concurrently: Whether calls of one answer run at the same time.
    /// - Throws: `ClientError`, also for an answer that broke off, and before anything is sent for a tool whose arguments
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

    /// Goes on with a loop that stopped: with calls that waited, or with the next question to the model.
    ///
    /// - Parameters:
    ///   - run: The loop, as it stopped.
    ///   - tools: What the model may call; the definitions are already in the request.
    ///   - answers: What the model is told of calls that waited, by the call's id; the others are made.
    ///   - hooks: What happens around it.
    ///   - maximumTurns: How often the model may answer from here on.
    ///   - concurrently: Whether calls of one answer run at the same time.
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
