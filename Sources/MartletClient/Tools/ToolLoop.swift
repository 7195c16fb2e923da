internal import MartletOpenAI

/// The loop between a model and its tools.
struct ToolLoop: Sendable {
    let client: Client
    let tools: [any Tool]
    let hooks: ToolHooks
    /// How often the model may answer.
    let turnsLeft: Int
    let concurrently: Bool

    /// What became of one call.
    private enum Outcome {
        case result(String)
        case halted(String)
        case paused
    }

    /// - Parameters:
    ///   - before: The run that this one goes on with.
    ///   - calls: Calls of its latest answer that are to be made first.
    nonisolated(nonsending) func run(
        _ request: Client.ChatRequest, after before: ToolRun?, making calls: [ToolCall] = [],
        answers: [String: String] = [:]
    ) async throws(ClientError) -> ToolRun {
        var run = before
        if var paused = run, !calls.isEmpty {
            if let stop = await make(calls, answers: answers, in: &paused) {
                paused.stop = stop
                return paused
            }
            run = paused
        }
        var turns = 0
        while true {
            if let run, turns >= turnsLeft { return run.stopped(.maximumTurns) }
            var next = try await answer(run?.request ?? request, after: run)
            turns += 1
            guard next.reply.hasToolCalls else { return next.stopped(.finished(next.reply.finishReason)) }
            await callHooks(of: next.reply)
            if let stop = await make(next.reply.toolCalls, answers: [:], in: &next) { return next.stopped(stop) }
            run = next
        }
    }

    /// Asks once.
    private nonisolated(nonsending) func answer(
        _ request: Client.ChatRequest, after before: ToolRun?
    ) async throws(ClientError) -> ToolRun {
        var request = request
        let reply = try await ask(request)
        request.messages.append(reply.message)
        // Images and the beginning of an answer go with the first question only, and a call that was demanded has been made.
        request.images = []
        request.prefill = nil
        if request.toolChoice != ToolChoice.none { request.toolChoice = nil }
        let usage = (before?.usage ?? Usage(promptTokens: 0, completionTokens: 0)) + reply.usage
        return ToolRun(
            request: request, reply: reply, usage: usage, turns: (before?.turns ?? 0) + 1, stop: .maximumTurns)
    }

    private nonisolated(nonsending) func ask(_ request: Client.ChatRequest) async throws(ClientError) -> ChatReply {
        guard request.stream else { return try await client.chat(request) }
        let stream = try await client.stream(request)
        guard let onEvent = hooks.onEvent else { return try await stream.reply() }
        for try await event in stream {
            do { try await onEvent(event) } catch {
                stream.cancel()
                throw ClientError(.cancelled, "The loop was ended by its reader: \(error)")
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

    /// Makes calls and adds their results to the conversation; returns why the loop is to stop, if it is.
    private nonisolated(nonsending) func make(
        _ calls: [ToolCall], answers: [String: String], in run: inout ToolRun
    ) async -> ToolRun.Stop? {
        let turn = run.turns - 1
        let outcomes = await withTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: calls.count)
            for (index, call) in calls.enumerated() {
                // Asked one after the other, before each.
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
        return note(outcomes, of: calls, in: &run)
    }

    private func note(_ outcomes: [Outcome?], of calls: [ToolCall], in run: inout ToolRun) -> ToolRun.Stop? {
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

    /// What is known without calling the tool; nil if it is to be called.
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
    /// Puts the results of the latest calls into the calls' order: some may have waited while others were made.
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
