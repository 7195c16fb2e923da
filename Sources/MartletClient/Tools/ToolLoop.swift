internal import MartletOpenAI

/// Alternates between the model and its tools.
struct ToolLoop: Sendable {
    let client: Client
    let tools: [any Tool]
    let hooks: ToolHooks
    /// The maximum number of replies.
    let turnsLeft: Int
    let concurrently: Bool

    /// The outcome of one call.
    private enum Outcome {
        case result(String)
        case halted(String)
        case paused
    }

    /// - Parameters:
    ///   - before: The run that is continued.
    ///   - calls: Calls of its last reply that are performed first.
    nonisolated(nonsending) func run(
        _ request: Client.ChatRequest, after before: ToolRun?, making calls: [ToolCall] = [],
        answers: [String: String] = [:]
    ) async throws(ClientError) -> ToolRun {
        var run = before
        if var paused = run, !calls.isEmpty {
            if let stop = await perform(calls, answers: answers, in: &paused) {
                paused.stop = stop
                return paused
            }
            run = paused
        }
        var turns = 0
        while true {
            if let run, turns >= turnsLeft { return run.stopped(.maximumTurns) }
            var next = try await nextTurn(run?.request ?? request, after: run)
            turns += 1
            guard next.reply.hasToolCalls else { return next.stopped(.finished(next.reply.finishReason)) }
            await callHooks(of: next.reply)
            if let stop = await perform(next.reply.toolCalls, answers: [:], in: &next) { return next.stopped(stop) }
            run = next
        }
    }

    /// Sends the conversation once.
    private nonisolated(nonsending) func nextTurn(
        _ request: Client.ChatRequest, after before: ToolRun?
    ) async throws(ClientError) -> ToolRun {
        var request = request
        let reply = try await send(request)
        request.messages.append(reply.message)
        // Images and the prefill belong to the first request only, and a required call has been made.
        request.images = []
        request.prefill = nil
        if request.toolChoice != ToolChoice.none { request.toolChoice = nil }
        let usage = (before?.usage ?? Usage(promptTokens: 0, completionTokens: 0)) + reply.usage
        return ToolRun(
            request: request, reply: reply, usage: usage, turns: (before?.turns ?? 0) + 1, stop: .maximumTurns)
    }

    private nonisolated(nonsending) func send(_ request: Client.ChatRequest) async throws(ClientError) -> ChatReply {
        guard request.stream else { return try await client.chat(request) }
        let stream = try await client.stream(request)
        guard let onEvent = hooks.onEvent else { return try await stream.reply() }
        for try await event in stream {
            do { try await onEvent(event) } catch {
                stream.cancel()
                throw ClientError(.cancelled, "The onEvent hook ended the loop: \(error)")
            }
        }
        return stream.replySoFar
    }

    private nonisolated(nonsending) func callHooks(of reply: ChatReply) async {
        if let onIntermediateMessage = hooks.onIntermediateMessage, let message = reply.choices.first?.message {
            await onIntermediateMessage(
                ToolHooks.IntermediateMessage(
                    message: message, inputTokens: reply.usage?.promptTokens ?? 0,
                    outputTokens: reply.usage?.completionTokens ?? 0))
        }
        await hooks.onRoundTrip?()
    }

    // MARK: Calls

    /// Performs calls and appends their results to the conversation. Returns the reason to stop, if any.
    private nonisolated(nonsending) func perform(
        _ calls: [ToolCall], answers: [String: String], in run: inout ToolRun
    ) async -> ToolRun.Stop? {
        let turn = run.turns - 1
        let outcomes = await withTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: calls.count)
            for (index, call) in calls.enumerated() {
                // The hooks run one after the other, each before its call.
                let decided = await decide(call, answers: answers)
                if let decided {
                    outcomes[index] = decided
                    continue
                }
                group.addTask { (index, .result(await result(of: call, turn: turn))) }
                if !concurrently, let (index, outcome) = await group.next() { outcomes[index] = outcome }
            }
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes
        }
        return record(outcomes, of: calls, in: &run)
    }

    private func record(_ outcomes: [Outcome?], of calls: [ToolCall], in run: inout ToolRun) -> ToolRun.Stop? {
        var waiting: [ToolCall] = []
        var isHalted = false
        for (call, outcome) in zip(calls, outcomes) {
            switch outcome {
            case .result(let text): run.request.messages.append(.tool(text, answering: call.id))
            case .halted(let text):
                isHalted = true
                run.request.messages.append(.tool(text, answering: call.id))
            case .paused, nil: waiting.append(call)
            }
        }
        run.sortResults()
        run.isHalted = run.isHalted || isHalted
        if !waiting.isEmpty { return .paused(waiting) }
        defer { run.isHalted = false }
        return run.isHalted ? .budgetExhausted : nil
    }

    /// The outcome if the tool is not to be called; nil otherwise.
    private nonisolated(nonsending) func decide(_ call: ToolCall, answers: [String: String]) async -> Outcome? {
        if let answer = answers[call.id] { return .result(answer) }
        if await hooks.budgetExhausted?() == true { return .halted(hooks.haltMessage) }
        switch await hooks.beforeCall?(call) {
        case .answer(let text): return .result(text)
        case .pause: return .paused
        case .run, nil: return nil
        }
    }

    private func result(of call: ToolCall, turn: Int) async -> String {
        let result: String
        if let tool = tools.first(where: { $0.name == call.name }) {
            do { result = try await tool.call(call, turn: turn) } catch { result = "Error: \(error)" }
        } else {
            let names = tools.map(\.name).joined(separator: ", ")
            result = "Error: there is no tool \(call.name); there are: \(names)."
        }
        await hooks.afterCall?(call, result)
        return result
    }
}

extension ToolRun {
    /// Sorts the results of the last calls into the order of the calls: some may have been paused while others ran.
    fileprivate mutating func sortResults() {
        guard let answer = request.messages.lastIndex(where: { !$0.toolCalls.isEmpty }) else { return }
        let order = request.messages[answer].toolCalls.map(\.id)
        let place = { (message: ChatMessage) in order.firstIndex { $0 == message.toolCallID } ?? order.count }
        request.messages[(answer + 1)...].sort { place($0) < place($1) }
    }

    fileprivate func stopped(_ stop: Stop) -> ToolRun {
        var run = self
        run.stop = stop
        return run
    }
}
