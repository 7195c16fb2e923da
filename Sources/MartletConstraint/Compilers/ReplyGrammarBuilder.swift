/// Makes the rules of a reply.
///
/// What has been written must be readable in one way only, as a parser reads it: the first closing delimiter ends a
/// thought, and text that begins with an opening delimiter is not text.
struct ReplyGrammarBuilder {
    /// Rule 0 is the reply; those of the parts follow.
    private var rules = GrammarRules([.empty], names: ["reply"], RegexArena())
    private var builder = RegexBuilder()

    mutating func rules(of reply: ReplyGrammar) -> GrammarRules {
        let content = reply.content.map { rules.add($0.rules) }
        var arguments: [(name: String, expression: GrammarExpression)] = []
        for (name, constraint) in reply.tools?.arguments ?? [] {
            arguments.append((name: name, expression: rules.add(constraint.rules)))
        }
        builder.arena = rules.arena
        let rest = reply.tools.map { call($0.delimiters, arguments) }
        let first = answer(reply, content, rest, insteadOf: reply.thought)
        if let thought = reply.thought {
            let later = answer(reply, content, rest)
            let space = spaceAfterThought(isOptional: reply.content?.mayBegin(with: UInt8(ascii: "\n")) != true)
            rules.rules[0] = .choice([first, .sequence([self.thought(thought), space, later])])
        } else {
            rules.rules[0] = first
        }
        rules.arena = builder.arena
        return rules
    }

    // MARK: Parts

    private mutating func thought(_ delimiters: ReplyGrammar.Delimiters) -> GrammarExpression {
        .sequence([opening(delimiters), text(upTo: delimiters.closing, or: delimiters.closingTokens)])
    }

    /// Up to two newlines. Both of them where the content may begin with one too, so that it is known which are which.
    private mutating func spaceAfterThought(isOptional: Bool) -> GrammarExpression {
        let newline = builder.arena.literal("\n".utf8)
        return .regex(builder.arena.repetition(newline, isOptional ? 0 : 2, 2))
    }

    /// - Parameter thought: The delimiters of a thought that could have come instead, with which no text may begin.
    private mutating func answer(
        _ reply: ReplyGrammar, _ content: GrammarExpression?, _ call: GrammarExpression?,
        insteadOf thought: ReplyGrammar.Delimiters? = nil
    ) -> GrammarExpression {
        let reserved = thought.map { beginning(with: $0.opening) } ?? .nothing
        guard let tools = reply.tools, let call else {
            return content.map { without(reserved, $0) } ?? .regex(text(without: reserved))
        }
        let calls = GrammarExpression.sequence([opening(tools.delimiters), self.calls(tools, call)])
        if tools.isRequired { return calls }
        guard let content else { return textWithCalls(tools, call, without: reserved) }
        let opening = beginning(with: tools.delimiters.opening)
        return .choice([calls, without(builder.arena.union([reserved, opening]), content)])
    }

    /// One call after its opening delimiter, then others if there may be any.
    private mutating func calls(_ tools: ReplyGrammar.Tools, _ call: GrammarExpression) -> GrammarExpression {
        if !tools.isParallel { return call }
        let other = GrammarExpression.sequence([.regex(optionalNewline), opening(tools.delimiters), call])
        return .sequence([call, .repetition(other, minimum: 0, maximum: nil)])
    }

    private mutating func textWithCalls(
        _ tools: ReplyGrammar.Tools, _ call: GrammarExpression, without reserved: Regex
    ) -> GrammarExpression {
        let opening = tools.delimiters
        let calls = GrammarExpression.sequence([text(upTo: opening.opening, or: opening.openingTokens), call])
        let last = text(without: containing(opening.opening))
        let rest = GrammarExpression.sequence([.repetition(calls, minimum: 0, maximum: nil), .regex(last)])
        let first = GrammarExpression.sequence([
            text(upTo: opening.opening, or: opening.openingTokens, without: reserved), call,
        ])
        return .choice([
            .regex(builder.arena.difference(last, reserved)), tools.isParallel ? .sequence([first, rest]) : first,
        ])
    }

    /// What follows the opening delimiter of a call, up to and with its closing delimiter.
    private mutating func call(
        _ delimiters: ReplyGrammar.Delimiters, _ tools: [(name: String, expression: GrammarExpression)]
    ) -> GrammarExpression {
        let space = builder.arena.optional(literal(" "))
        let begin = concatenation([optionalNewline, literal("{\"name\":"), space, literal("\"")])
        var choices: [GrammarExpression] = []
        for tool in tools {
            let name = builder.literal(tool.name, as: .jsonString)
            let member = concatenation([name, literal("\","), space, literal("\"arguments\":"), space])
            choices.append(.sequence([.regex(member), tool.expression]))
        }
        let end = concatenation([literal("}"), optionalNewline])
        return .sequence([
            .regex(begin), .choice(choices), .regex(end),
            choice(of: delimiters.closing, or: delimiters.closingTokens),
        ])
    }

    // MARK: Delimiters

    private mutating func opening(_ delimiters: ReplyGrammar.Delimiters) -> GrammarExpression {
        choice(of: delimiters.opening, or: delimiters.openingTokens)
    }

    private mutating func choice(of text: String, or tokens: Set<Int>) -> GrammarExpression {
        let text = GrammarExpression.regex(literal(text))
        return tokens.isEmpty ? text : .choice([text, .token(TokenSet(ids: tokens))])
    }

    /// Text that ends with the first occurrence of a delimiter in it.
    private mutating func text(
        upTo delimiter: String, or tokens: Set<Int>, without reserved: Regex = .nothing
    ) -> GrammarExpression {
        let more = concatenation([containing(delimiter), builder.arena.bytes(.all)])
        let all = concatenation([builder.anyString(as: .text), literal(delimiter)])
        let asText = builder.arena.difference(all, builder.arena.union([more, reserved]))
        if tokens.isEmpty { return .regex(asText) }
        let before = text(without: builder.arena.union([containing(delimiter), reserved]))
        return .choice([.regex(asText), .sequence([.regex(before), .token(TokenSet(ids: tokens))])])
    }

    private mutating func text(without excluded: Regex) -> Regex {
        let text = builder.anyString(as: .text)
        return builder.arena.difference(text, excluded)
    }

    private mutating func containing(_ delimiter: String) -> Regex {
        concatenation([.anything, literal(delimiter), .anything])
    }

    /// The texts in which a parser finds the delimiter at the beginning.
    private mutating func beginning(with delimiter: String) -> Regex {
        let space = builder.arena.repetition(builder.arena.bytes(ByteSet(" \t\r\n".utf8)), 0, nil)
        return concatenation([space, literal(delimiter), .anything])
    }

    /// A content without some of its texts, if it is a regular expression. No other content begins with a delimiter, unless
    /// a grammar says so itself.
    private mutating func without(_ reserved: Regex, _ content: GrammarExpression) -> GrammarExpression {
        guard case .rule(let number) = content, case .regex(let regex) = rules.rules[number] else { return content }
        return .regex(builder.arena.difference(regex, reserved))
    }

    // MARK: Expressions

    private var optionalNewline: Regex {
        mutating get { builder.arena.optional(literal("\n")) }
    }

    private mutating func literal(_ text: String) -> Regex { builder.literal(text, as: .text) }

    private mutating func concatenation(_ parts: [Regex]) -> Regex { builder.arena.concatenation(parts) }
}
