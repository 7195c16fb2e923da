/// Separates reasoning and tool calls from the text that a model writes, token by token.
///
/// Pass each token of a choice to `receive` and emit the events that it returns. Text is returned as the original
/// tokens, with their ids and log-probabilities; text that may be the beginning of a delimiter is buffered until that
/// is decided. Every token is counted exactly once, in `StreamEvent.tokenCount`, wherever its text is emitted.
///
/// - Reasoning is the text between its delimiters, without white space at its ends, and only at the beginning of the
///   output. Without a closing delimiter, all of the output is reasoning.
/// - A tool call is a JSON object between its delimiters that has a `name`, and `arguments` or `parameters`; without
///   either, its arguments are `{}`. Arguments are returned as they are written. Anything else between the delimiters
///   is returned as text, including the delimiters. A call that becomes malformed after its name was returned ends
///   there.
/// - White space after a closing delimiter is dropped.
public struct OutputParser: Sendable {
    private enum State {
        /// Only white space so far: reasoning may follow.
        case beginning
        case text
        case reasoning
        case call(ToolCallScanner)
        /// After a call's object, before the closing delimiter.
        case callEnd
    }

    /// The maximum number of bytes that are buffered before a call's name is known.
    private static var maximumPendingBytes: Int { 1 << 20 }

    /// The maximum number of white space bytes before reasoning.
    private static var maximumLeadingSpace: Int { 256 }

    private let reasoning: DelimiterPair?
    private let toolCalls: DelimiterPair?
    private var state: State
    /// Tokens that the present state has not consumed.
    private var buffer = TokenBuffer()
    /// A call's opening delimiter and the text after it, until the call's name is known.
    private var pendingCall = TokenBuffer()
    private var callCount = 0
    /// Whether white space is dropped until other text follows.
    private var dropsSpace = false
    /// White space that is part of the reasoning only if more of it follows.
    private var space: [UInt8] = []
    /// The newlines after reasoning that are not text; nil if no white space there is.
    private var newlinesAfterReasoning: Int?
    /// How many newlines are dropped, while `dropsSpace`; nil for all white space.
    private var newlinesToDrop: Int?
    /// Whether calls are only found before any text.
    private var separatesText = false
    private var hasText = false
    private var assembler = UTF8Assembler()
    private let makeID: @Sendable () -> String

    /// Creates a parser for one choice.
    ///
    /// - Parameters:
    ///   - reasoning: The delimiters of reasoning; nil if the model does not write any.
    ///   - toolCalls: The delimiters of tool calls; nil if the model does not write any.
    ///   - startsInReasoning: Whether the prompt ends with the opening delimiter of reasoning, so that the output
    ///     starts inside it.
    public init(
        reasoning: OutputDelimiters? = .think, toolCalls: OutputDelimiters? = .toolCall, startsInReasoning: Bool = false
    ) {
        self.init(
            reasoning: reasoning, toolCalls: toolCalls, startsInReasoning: startsInReasoning,
            makeID: ToolCallID.random)
    }

    /// Creates a parser for a choice that follows a grammar.
    ///
    /// - Parameters:
    ///   - newlinesAfterReasoning: How many newlines after reasoning are not part of the text. Other white space is.
    ///   - separatesText: Whether the output is either text or calls, so that nothing in a text is a call.
    package init(
        reasoning: OutputDelimiters?, toolCalls: OutputDelimiters?, newlinesAfterReasoning: Int, separatesText: Bool
    ) {
        self.init(reasoning: reasoning, toolCalls: toolCalls, makeID: ToolCallID.random)
        self.newlinesAfterReasoning = newlinesAfterReasoning
        self.separatesText = separatesText
    }

    package init(
        reasoning: OutputDelimiters?, toolCalls: OutputDelimiters?, startsInReasoning: Bool = false,
        makeID: @escaping @Sendable () -> String
    ) {
        self.reasoning = reasoning.map(DelimiterPair.init)
        self.toolCalls = toolCalls.map(DelimiterPair.init)
        self.makeID = makeID
        state = startsInReasoning ? .reasoning : .beginning
        dropsSpace = startsInReasoning
    }

    /// Takes the next token and returns the events that are decided.
    public mutating func receive(_ token: Token, tokenCount: Int = 1, choice: Int = 0) -> [StreamEvent] {
        if case .text = state, buffer.byteCount == 0, !dropsSpace,
            findsNoCalls || toolCalls?.mayBegin(in: token.text) != true
        {
            hasText = hasText || !token.text.isEmpty
            return [.token(token, choice: choice, tokenCount: tokenCount)]
        }
        buffer.append(token, count: tokenCount)
        var events: [StreamEvent] = []
        while advance(choice, &events) {}
        return events
    }

    /// Returns the events of the buffered text, when the output ends.
    public mutating func finish(choice: Int = 0) -> [StreamEvent] {
        var events: [StreamEvent] = []
        switch state {
        case .beginning, .text:
            events += buffer.takeAll().events(choice: choice)
        case .reasoning:
            emitReasoning(buffer.takeAll(), choice, &events)
            let rest = assembler.finish()
            if !rest.isEmpty {
                events.append(.reasoning(String(decoding: rest, as: UTF8.self), choice: choice, tokenCount: 0))
            }
        case .call(let scanner):
            if scanner.hasBegun {
                count(buffer.takeAll(), choice, &events)
            } else {
                pendingCall.append(buffer.takeAll())
                events += pendingCall.takeAll().events(choice: choice)
            }
        case .callEnd:
            count(buffer.takeAll(), choice, &events)
        }
        state = .text
        return events
    }

    // MARK: States

    /// Consumes as much of the buffer as the present state can. Returns whether the next state can continue.
    private mutating func advance(_ choice: Int, _ events: inout [StreamEvent]) -> Bool {
        switch state {
        case .beginning: begin(choice, &events)
        case .text: readText(choice, &events)
        case .reasoning: readReasoning(choice, &events)
        case .call(let scanner): readCall(scanner, choice, &events)
        case .callEnd: readCallEnd(choice, &events)
        }
    }

    private mutating func begin(_ choice: Int, _ events: inout [StreamEvent]) -> Bool {
        let bytes = buffer.bytes
        let blank = bytes.prefix(while: \.isSpace).count
        guard let reasoning, blank <= Self.maximumLeadingSpace else {
            state = .text
            return true
        }
        switch reasoning.opening.match(bytes.dropFirst(blank)) {
        case .whole:
            count(buffer.take(blank + reasoning.opening.count), choice, &events)
            state = .reasoning
            dropsSpace = true
            return true
        case .part:
            return false
        case .none:
            state = .text
            return true
        }
    }

    private mutating func readText(_ choice: Int, _ events: inout [StreamEvent]) -> Bool {
        dropSpace(choice, &events)
        guard let toolCalls, !findsNoCalls else {
            events += buffer.takeAll().events(choice: choice)
            return false
        }
        let (offset, isWhole) = toolCalls.opening.find(in: buffer.bytes)
        hasText = hasText || offset > 0
        if findsNoCalls { return true }
        if offset > 0 || buffer.byteCount == 0 { events += buffer.take(offset).events(choice: choice) }
        guard isWhole else { return false }
        pendingCall = buffer.take(toolCalls.opening.count)
        state = .call(ToolCallScanner(index: callCount, id: makeID()))
        return true
    }

    private mutating func readReasoning(_ choice: Int, _ events: inout [StreamEvent]) -> Bool {
        guard let reasoning else { return false }
        let (offset, isWhole) = reasoning.closing.find(in: buffer.bytes)
        emitReasoning(buffer.take(offset), choice, &events)
        guard isWhole else { return false }
        let rest = assembler.finish()
        let closing = buffer.take(reasoning.closing.count)
        events.append(.reasoning(String(decoding: rest, as: UTF8.self), choice: choice, tokenCount: closing.tokenCount))
        space = []
        state = .text
        dropsSpace = true
        newlinesToDrop = newlinesAfterReasoning
        return true
    }

    private mutating func readCall(
        _ scanner: ToolCallScanner, _ choice: Int, _ events: inout [StreamEvent]
    ) -> Bool {
        var scanner = scanner
        let (length, fragments) = scanner.receive(buffer.bytes[...])
        pendingCall.append(buffer.take(length))
        guard scanner.hasBegun else {
            guard scanner.isMalformed || pendingCall.byteCount > Self.maximumPendingBytes else {
                state = .call(scanner)
                return false
            }
            events += pendingCall.takeAll().events(choice: choice)
            state = .text
            hasText = true
            return true
        }
        let tokenCount = pendingCall.takeAll().tokenCount
        for (place, fragment) in fragments.enumerated() {
            let isLast = place == fragments.count - 1
            events.append(.toolCall(fragment, choice: choice, tokenCount: isLast ? tokenCount : 0))
        }
        if fragments.isEmpty, tokenCount > 0 { events.append(.text("", choice: choice, tokenCount: tokenCount)) }
        guard scanner.isOver || scanner.isMalformed else {
            state = .call(scanner)
            return false
        }
        callCount += 1
        state = .callEnd
        return true
    }

    private mutating func readCallEnd(_ choice: Int, _ events: inout [StreamEvent]) -> Bool {
        guard let toolCalls else { return false }
        let (offset, isWhole) = toolCalls.closing.find(in: buffer.bytes)
        count(buffer.take(isWhole ? offset + toolCalls.closing.count : offset), choice, &events)
        guard isWhole else { return false }
        state = .text
        dropsSpace = true
        return true
    }

    // MARK: Events

    private mutating func dropSpace(_ choice: Int, _ events: inout [StreamEvent]) {
        guard dropsSpace else { return }
        var blank = buffer.bytes.prefix(while: \.isSpace).count
        if let newlines = newlinesToDrop {
            blank = buffer.bytes.prefix(newlines).prefix { $0 == UInt8(ascii: "\n") }.count
            newlinesToDrop = newlines - blank
        }
        count(buffer.take(blank), choice, &events)
        if buffer.byteCount > 0 || newlinesToDrop == 0 {
            dropsSpace = false
            newlinesToDrop = nil
        }
    }

    private var findsNoCalls: Bool { separatesText && hasText }

    /// Emits reasoning, without white space at its ends. Incomplete characters stay buffered.
    private mutating func emitReasoning(_ taken: TokenBuffer, _ choice: Int, _ events: inout [StreamEvent]) {
        guard taken.byteCount > 0 || taken.tokenCount > 0 else { return }
        var bytes = taken.bytes[...]
        if dropsSpace {
            bytes = bytes.drop(while: \.isSpace)
            if !bytes.isEmpty { dropsSpace = false }
        }
        let end = bytes.lastIndex { !$0.isSpace }.map { $0 + 1 } ?? bytes.startIndex
        var text: [UInt8] = []
        if end > bytes.startIndex {
            text = assembler.receive(space + bytes[..<end])
            space = []
        }
        space += bytes[end...]
        events.append(
            .reasoning(String(decoding: text, as: UTF8.self), choice: choice, tokenCount: taken.tokenCount))
    }

    /// Counts tokens whose text is not part of the reply.
    private func count(_ taken: TokenBuffer, _ choice: Int, _ events: inout [StreamEvent]) {
        let count = taken.tokenCount
        if count > 0 { events.append(.text("", choice: choice, tokenCount: count)) }
    }
}

extension OutputParser {
    /// The bytes of both delimiters.
    private struct DelimiterPair {
        let opening: Delimiter
        let closing: Delimiter

        init(_ delimiters: OutputDelimiters) {
            opening = Delimiter(delimiters.opening)
            closing = Delimiter(delimiters.closing)
        }

        func mayBegin(in bytes: [UInt8]) -> Bool { opening.first.map(bytes.contains) ?? false }
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
