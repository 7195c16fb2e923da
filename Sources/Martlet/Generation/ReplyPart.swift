/// What a part of a choice is: APIs show parts as items, as content blocks, or as members of one message.
enum ReplyPart: Equatable {
    case reasoning
    case text
    /// The calls of a choice are numbered from 0.
    case toolCall(index: Int, id: String, name: String)

    /// The call that begins with a fragment.
    init(_ fragment: ToolCallFragment) {
        self = .toolCall(index: fragment.index, id: fragment.id ?? "", name: fragment.name ?? "")
    }

    /// The number of the call; nil for other parts.
    var callIndex: Int? { if case .toolCall(let index, _, _) = self { index } else { nil } }
}

/// The deltas of a choice as parts that follow one another, for a stream in which a part ends before the next begins.
///
/// A call is complete when its arguments are a complete JSON object. What a backend emits before that for other parts is
/// buffered until the call is complete, or until the choice ends.
struct PartSequence {
    enum Step {
        case begin(ReplyPart)
        /// A piece of the text as UTF-8, and the tokens whose text begins in it.
        case text([UInt8], [EmittedToken])
        case reasoning(String)
        case arguments(String)
        /// The part that began last has ended.
        case end
    }

    private var open: ReplyPart?
    /// The arguments of the open call.
    private var arguments = ArgumentsExtent()
    private var isCallComplete = false
    private var buffered: [ReplyDelta] = []

    mutating func receive(_ delta: ReplyDelta, _ emit: (Step) -> Void) {
        if case .finish = delta { return finish(emit) }
        guard let part = part(of: delta) else { return }
        if isWaiting(for: part) { return buffered.append(delta) }
        append(delta, part, emit)
        if isCallComplete && !buffered.isEmpty { releaseBuffered(emit) }
    }

    /// Whether the open call has to be completed before that part.
    private func isWaiting(for part: ReplyPart) -> Bool {
        guard let index = open?.callIndex, !isCallComplete else { return false }
        return part.callIndex != index
    }

    private mutating func append(_ delta: ReplyDelta, _ part: ReplyPart, _ emit: (Step) -> Void) {
        if part.callIndex == nil ? part != open : part.callIndex != open?.callIndex {
            // What follows the complete arguments of an earlier call is none of them.
            if case .toolCall(let fragment) = delta, fragment.id == nil { return }
            endOpenPart(emit)
            open = part
            emit(.begin(part))
        }
        switch delta {
        case .text(let bytes, let tokens): emit(.text(bytes, tokens))
        case .reasoning(let text): emit(.reasoning(text))
        case .toolCall(let fragment):
            if !fragment.arguments.isEmpty { emit(.arguments(fragment.arguments)) }
            arguments.receive(fragment.arguments.utf8)
            isCallComplete = arguments.isComplete
        case .start, .prompt, .finish: break
        }
    }

    private mutating func releaseBuffered(_ emit: (Step) -> Void) {
        let deltas = buffered
        buffered = []
        for delta in deltas { receive(delta, emit) }
    }

    private mutating func finish(_ emit: (Step) -> Void) {
        // Each round ends a call that was not complete.
        while !buffered.isEmpty {
            isCallComplete = true
            releaseBuffered(emit)
        }
        endOpenPart(emit)
    }

    private mutating func endOpenPart(_ emit: (Step) -> Void) {
        if open == nil { return }
        emit(.end)
        (open, arguments, isCallComplete) = (nil, ArgumentsExtent(), false)
    }

    /// The part that a delta belongs to; nil for a delta of the choice itself.
    private func part(of delta: ReplyDelta) -> ReplyPart? {
        switch delta {
        case .start, .prompt, .finish: nil
        case .text: .text
        case .reasoning: .reasoning
        case .toolCall(let fragment): ReplyPart(fragment)
        }
    }
}

/// Finds out whether the arguments of a call are complete: a JSON object that has ended.
struct ArgumentsExtent {
    private enum State {
        case blank
        case inside(JSONExtent)
        case complete
        /// No object begins here, so that none ends.
        case other
    }

    private var state = State.blank

    var isComplete: Bool { if case .complete = state { true } else { false } }

    mutating func receive(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            switch state {
            case .blank:
                if [0x20, 0x09, 0x0A, 0x0D].contains(byte) { continue }
                var extent = JSONExtent()
                _ = extent.step(byte)
                state = byte == UInt8(ascii: "{") ? .inside(extent) : .other
            case .inside(var extent):
                if case .inside = extent.step(byte) { state = .inside(extent) } else { state = .complete }
            case .complete, .other: return
            }
        }
    }
}
