internal import Martlet
internal import MartletConstraint

/// How the engine obeys what a request demands of its replies.
extension Engine {
    /// What the reply to a chat must be, and how it is read; nil for any text.
    func constrain(_ request: ChatRequest, callsTools: Bool) throws -> (Matcher, OutputParser)? {
        guard callsTools || request.structuredOutput != nil else { return nil }
        var reply = ReplyGrammar()
        let thought = model.chatTemplate.asksForThought(request) ? model.reasoningDelimiters : nil
        reply.thought = thought.flatMap { $0.opening.isEmpty || $0.closing.isEmpty ? nil : delimiters($0) }
        reply.content = try request.structuredOutput?.constraint()
        var calls: OutputDelimiters?
        if callsTools, let around = model.toolCallDelimiters {
            reply.tools = try tools(of: request, delimiters(around))
            if reply.tools != nil { calls = around }
        }
        if reply.content == nil, reply.tools == nil { return nil }
        var matcher = try matcher(of: reply, request.structuredOutput?.param ?? "tools")
        try consume(continuedMessageOf: request, &matcher)
        let parser = OutputParser(
            reasoning: reply.thought == nil ? nil : thought, toolCalls: calls, newlinesAfterReasoning: 2,
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

    // MARK: Delimiters

    /// With the special tokens that stand for them.
    private func delimiters(_ text: OutputDelimiters) -> ReplyGrammar.Delimiters {
        ReplyGrammar.Delimiters(
            text.opening, text.closing, openingTokens: specialTokens(text.opening),
            closingTokens: specialTokens(text.closing))
    }

    private func specialTokens(_ text: String) -> Set<Int> {
        let (bytes, configuration) = (Array(text.utf8), model.configuration)
        return configuration.specialTokens.filter {
            !configuration.endTokens.contains($0) && model.bytes(of: $0) == bytes
        }
    }

    /// The special tokens that are the model's delimiters, which are text for a parser.
    var delimiterTokens: Set<Int> {
        var tokens: Set<Int> = []
        for text in [model.reasoningDelimiters, model.toolCallDelimiters].compactMap(\.self) {
            tokens.formUnion(specialTokens(text.opening))
            tokens.formUnion(specialTokens(text.closing))
        }
        return tokens
    }
}
