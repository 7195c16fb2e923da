/// Tells thoughts and tool calls from the text that a model writes, token by token.
///
/// Give it each token of a choice, and emit the events it returns. Text stays the tokens it came in, with their ids and
/// log-probabilities; what may be the beginning of a tag is held back until it is one or not. Every token is counted
/// once, in `StreamEvent.tokenCount`, wherever its text went.
///
/// - Thoughts are what stands between the reasoning tags, without white space at its ends, and only if the answer begins
///   with them. Thoughts that are never closed are thoughts to the end.
/// - A tool call is a JSON object between its tags that has a `name`, and `arguments` or `parameters`; without either,
///   its arguments are `{}`. They are told as they are written. What is no such object is told as text, tags included;
///   one that breaks off after its name was told stays as it is.
/// - White space behind a closing tag is dropped.
public struct OutputParser: Sendable {
    private enum State {
        /// Nothing but white space so far: thoughts may come.
        case beginning
        case text
        case reasoning
        case call(ToolCallScanner)
        /// Behind a call's object, before its closing tag.
        case callEnd
    }

    /// The longest beginning of a call that is waited for.
    private static var maximumHeldBytes: Int { 1 << 20 }

    /// The most white space before thoughts.
    private static var maximumLeadingSpace: Int { 256 }

    private let reasoning: Tag?
    private let toolCalls: Tag?
    private var state: State
    /// What is not decided upon yet.
    private var buffer = TokenBuffer()
    /// A call's opening tag and what follows, until it is sure to be a call.
    private var held = TokenBuffer()
    private var callCount = 0
    /// Whether white space is dropped until something else comes.
    private var dropsSpace = false
    /// White space that is thought only if more thoughts follow.
    private var space: [UInt8] = []
    private var assembler = UTF8Assembler()
    private let makeID: @Sendable () -> String

    /// A parser for one choice.
    ///
    /// - Parameters:
    ///   - reasoning: What is around thoughts; nil if there are none to find.
    ///   - toolCalls: What is around tool calls; nil if there are none to find.
    ///   - startsInReasoning: Whether the prompt ends with the opening tag, so that the answer begins with thoughts.
    public init(
        reasoning: OutputDelimiters? = .think, toolCalls: OutputDelimiters? = .toolCall, startsInReasoning: Bool = false
    ) {
        self.init(
            reasoning: reasoning, toolCalls: toolCalls, startsInReasoning: startsInReasoning,
            makeID: ToolCallID.random)
    }

    package init(
        reasoning: OutputDelimiters?, toolCalls: OutputDelimiters?, startsInReasoning: Bool = false,
        makeID: @escaping @Sendable () -> String
    ) {
        self.reasoning = reasoning.map(Tag.init)
        self.toolCalls = toolCalls.map(Tag.init)
        self.makeID = makeID
        state = startsInReasoning ? .reasoning : .beginning
        dropsSpace = startsInReasoning
    }

    /// Takes a token, and returns what is sure by now.
    public mutating func receive(_ token: Token, tokenCount: Int = 1, choice: Int = 0) -> [StreamEvent] {
        if case .text = state, buffer.byteCount == 0, !dropsSpace, toolCalls?.mayBegin(in: token.text) != true {
            return [.token(token, choice: choice, tokenCount: tokenCount)]
        }
        buffer.append(token, count: tokenCount)
        var events: [StreamEvent] = []
        while advance(choice, &events) {}
        return events
    }

    /// What was held back, when the text ends.
    public mutating func finish(choice: Int = 0) -> [StreamEvent] {
        var events: [StreamEvent] = []
        switch state {
        case .beginning, .text:
            events += buffer.takeAll().events(choice: choice)
        case .reasoning:
            tellReasoning(buffer.takeAll(), choice, &events)
            let rest = assembler.finish()
            if !rest.isEmpty {
                events.append(.reasoning(String(decoding: rest, as: UTF8.self), choice: choice, tokenCount: 0))
            }
        case .call(let scanner):
            if scanner.hasBegun {
                count(buffer.takeAll(), choice, &events)
            } else {
                held.append(buffer.takeAll())
                events += held.takeAll().events(choice: choice)
            }
        case .callEnd:
            count(buffer.takeAll(), choice, &events)
        }
        state = .text
        return events
    }

    // MARK: One state after the other

    /// Decides upon as much of the buffer as it can in the present state. Returns whether the next state can go on.
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
        guard let toolCalls else {
            events += buffer.takeAll().events(choice: choice)
            return false
        }
        let (offset, isWhole) = toolCalls.opening.find(in: buffer.bytes)
        if offset > 0 || buffer.byteCount == 0 { events += buffer.take(offset).events(choice: choice) }
        guard isWhole else { return false }
        held = buffer.take(toolCalls.opening.count)
        state = .call(ToolCallScanner(index: callCount, id: makeID()))
        return true
    }

    private mutating func readReasoning(_ choice: Int, _ events: inout [StreamEvent]) -> Bool {
        guard let reasoning else { return false }
        let (offset, isWhole) = reasoning.closing.find(in: buffer.bytes)
        tellReasoning(buffer.take(offset), choice, &events)
        guard isWhole else { return false }
        let rest = assembler.finish()
        let tag = buffer.take(reasoning.closing.count)
        events.append(.reasoning(String(decoding: rest, as: UTF8.self), choice: choice, tokenCount: tag.tokenCount))
        space = []
        state = .text
        dropsSpace = true
        return true
    }

    private mutating func readCall(
        _ scanner: ToolCallScanner, _ choice: Int, _ events: inout [StreamEvent]
    ) -> Bool {
        var scanner = scanner
        let (length, fragments) = scanner.receive(buffer.bytes[...])
        held.append(buffer.take(length))
        guard scanner.hasBegun else {
            guard scanner.isMalformed || held.byteCount > Self.maximumHeldBytes else {
                state = .call(scanner)
                return false
            }
            events += held.takeAll().events(choice: choice)
            state = .text
            return true
        }
        let tokenCount = held.takeAll().tokenCount
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

    // MARK: Telling

    private mutating func dropSpace(_ choice: Int, _ events: inout [StreamEvent]) {
        guard dropsSpace else { return }
        let blank = buffer.bytes.prefix(while: \.isSpace).count
        count(buffer.take(blank), choice, &events)
        if buffer.byteCount > 0 { dropsSpace = false }
    }

    /// Tells thoughts, but for white space at their ends, and characters that are not whole.
    private mutating func tellReasoning(_ taken: TokenBuffer, _ choice: Int, _ events: inout [StreamEvent]) {
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

    /// Counts tokens that are not told.
    private func count(_ taken: TokenBuffer, _ choice: Int, _ events: inout [StreamEvent]) {
        let count = taken.tokenCount
        if count > 0 { events.append(.text("", choice: choice, tokenCount: count)) }
    }
}

extension OutputParser {
    /// Both tags, as bytes.
    private struct Tag {
        let opening: Delimiter
        let closing: Delimiter

        init(_ tags: OutputDelimiters) {
            opening = Delimiter(tags.opening)
            closing = Delimiter(tags.closing)
        }

        func mayBegin(in bytes: [UInt8]) -> Bool { opening.first.map(bytes.contains) ?? false }
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
