internal import Martlet
internal import MartletConstraint

/// How the engine obeys what a request demands of its replies.
extension Engine {
    /// What the reply to a chat must be; nil for any text.
    func reply(to request: ChatRequest, callsTools: Bool) throws(BackendError) -> ReplyGrammar? {
        guard callsTools || request.structuredOutput != nil else { return nil }
        var reply = ReplyGrammar()
        reply.thought = model.chatTemplate.asksForThought(request) ? constraints.thought : nil
        reply.content = try request.structuredOutput?.constraint()
        if callsTools, let delimiters = constraints.call { reply.tools = try tools(of: request, delimiters) }
        return reply.content == nil && reply.tools == nil ? nil : reply
    }

    /// Where a reply begins, after the message that it continues.
    func matcher(of reply: ReplyGrammar, for request: ChatRequest) throws(BackendError) -> Matcher {
        var matcher = try matcher(of: reply, request.structuredOutput?.param ?? "tools")
        try consume(continuedMessageOf: request, &matcher)
        return matcher
    }

    /// Where the text of a completion begins; nil for any text.
    func matcher(for request: TokenRequest) throws(BackendError) -> Matcher? {
        guard let output = request.structuredOutput else { return nil }
        var reply = ReplyGrammar()
        reply.content = try output.constraint()
        return try matcher(of: reply, output.param)
    }

    private func matcher(of reply: ReplyGrammar, _ param: String) throws(BackendError) -> Matcher {
        do throws(ConstraintError) {
            return try constraints.matcher(of: reply)
        } catch {
            throw .invalidValue(param, "`\(param)` cannot be followed. \(error.message)")
        }
    }

    private func tools(
        of request: ChatRequest, _ delimiters: ReplyGrammar.Delimiters
    ) throws(BackendError) -> ReplyGrammar.Tools? {
        let constraints = try request.compiledToolArguments()
        var arguments: [(name: String, constraint: Constraint)] = []
        for tool in request.callableTools {
            if let constraint = constraints[tool.name] { arguments.append((tool.name, constraint)) }
        }
        if arguments.isEmpty, request.requiresCalls {
            throw .invalidValue("tool_choice", "`tool_choice` demands a call, but `tools` has none that it permits.")
        }
        if arguments.isEmpty { return nil }
        var tools = ReplyGrammar.Tools(delimiters, arguments: arguments)
        tools.isRequired = request.requiresCalls
        tools.isParallel = request.parallelToolCalls
        return tools
    }

    private func consume(continuedMessageOf request: ChatRequest, _ matcher: inout Matcher) throws(BackendError) {
        guard request.continuesFinalMessage, let last = request.messages.last else { return }
        let param = "messages[\(request.messages.count - 1)].content"
        if let opening = constraints.call?.opening, !request.callableTools.isEmpty, last.text.contains(opening) {
            throw .invalidValue(
                param, "A message in which a tool call has begun cannot be continued. Leave the call out.")
        }
        do throws(ConstraintError) {
            if try matcher.consume(Array(last.text.utf8)) { return }
        } catch {
            throw .invalidValue(param, "The message cannot be continued: \(error.message)")
        }
        let demand = request.structuredOutput?.param ?? "tool_choice"
        throw .invalidValue(
            param, "No answer that `\(demand)` demands begins with this message, which the model is to continue.")
    }

    /// How a reply is read.
    func output(of request: ChatRequest, _ reply: ReplyGrammar?, callsTools: Bool) -> EngineMessage.Output {
        var output = EngineMessage.Output()
        // What the text must be says where it ends.
        if reply?.content == nil { output.stop = model.chatTemplate.stopStrings }
        let mayThink = reply == nil || reply?.thought != nil
        for delimiters in [mayThink ? constraints.thought : nil, callsTools ? constraints.call : nil] {
            output.delimiterTokens.formUnion(delimiters?.openingTokens ?? [])
            output.delimiterTokens.formUnion(delimiters?.closingTokens ?? [])
        }
        let reasoning = mayThink ? model.reasoningDelimiters : nil
        let toolCalls = callsTools ? model.toolCallDelimiters : nil
        output.parser =
            reply.map {
                OutputParser(
                    reasoning: reasoning, toolCalls: toolCalls, newlinesAfterReasoning: 2,
                    separatesText: $0.content != nil)
            } ?? OutputParser(reasoning: reasoning, toolCalls: toolCalls)
        return output
    }
}

extension ChatRequest {
    /// Whether the reply must be calls.
    fileprivate var requiresCalls: Bool {
        switch toolChoice {
        case .none, .auto: false
        case .required, .function: true
        }
    }
}
