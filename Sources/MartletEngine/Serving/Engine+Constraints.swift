internal import Martlet
internal import MartletConstraint

/// How the engine obeys what a request demands of its replies.
extension Engine {
    /// What the reply to a chat must be, and how it is read; nil for any text.
    func constrain(_ request: ChatRequest, callsTools: Bool) throws -> (Matcher, OutputParser)? {
        guard callsTools || request.structuredOutput != nil else { return nil }
        var reply = ReplyGrammar()
        reply.thought = model.chatTemplate.asksForThought(request) ? constraints.thought : nil
        reply.content = try request.structuredOutput?.constraint()
        if callsTools, let delimiters = constraints.call { reply.tools = try tools(of: request, delimiters) }
        if reply.content == nil, reply.tools == nil { return nil }
        var matcher = try matcher(of: reply, request.structuredOutput?.param ?? "tools")
        try consume(continuedMessageOf: request, &matcher)
        let parser = OutputParser(
            reasoning: reply.thought == nil ? nil : model.reasoningDelimiters,
            toolCalls: reply.tools == nil ? nil : model.toolCallDelimiters, newlinesAfterReasoning: 2,
            separatesText: reply.content != nil)
        return (matcher, parser)
    }

    /// Where the text of a completion begins in what it must be.
    func constrain(_ request: TokenRequest) throws -> Matcher? {
        guard let output = request.structuredOutput else { return nil }
        var reply = ReplyGrammar()
        reply.content = try output.constraint()
        return try matcher(of: reply, output.param)
    }

    private func matcher(of reply: ReplyGrammar, _ param: String) throws(BackendError) -> Matcher {
        do throws(ConstraintError) {
            return try constraints.matcher(of: reply)
        } catch {
            throw .invalidValue(param, "`\(param)` cannot be followed: \(error.message)")
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
        if arguments.isEmpty { return nil }
        var tools = ReplyGrammar.Tools(delimiters, arguments: arguments)
        tools.isRequired = request.requiresCalls
        tools.isParallel = request.parallelToolCalls
        return tools
    }

    private func consume(continuedMessageOf request: ChatRequest, _ matcher: inout Matcher) throws(BackendError) {
        guard request.continuesFinalMessage, let last = request.messages.last else { return }
        let param = "messages[\(request.messages.count - 1)].content"
        do throws(ConstraintError) {
            if try matcher.consume(Array(last.text.utf8)) { return }
        } catch {
            throw .invalidValue(param, "The message cannot be continued: \(error.message)")
        }
        let demand = request.structuredOutput?.param ?? "tool_choice"
        throw .invalidValue(
            param, "No answer that `\(demand)` demands begins with this message, which the model is to continue.")
    }
}
