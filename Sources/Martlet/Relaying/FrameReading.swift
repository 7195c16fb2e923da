internal import MartletJSON
internal import MartletOpenAI

/// What a relayed reply contains about its generation: one frame of a stream, or the whole of it. Only places are found; nothing
/// is parsed or copied that does not matter here.
struct FrameReading {
    /// The name of the model.
    var model: Range<Int>?
    /// The object with the token counts.
    var usage: Range<Int>?
    /// The members with the token counts, or with null in their place, and the commas that separate them.
    private(set) var usageMembers: [Range<Int>] = []
    /// Whether the frame has nothing but the token counts.
    private(set) var isUsageAlone = false
    /// The number of choices with generated content.
    var contentCount = 0
    /// Of the first choice that has one.
    var finishReason: FinishReason?
    /// The numbers of the choices, and of those that have ended.
    var choices = ChoiceSet()
    var finishedChoices = ChoiceSet()
    /// Whether the frame is an error.
    var isError = false
    /// The response in an event of the Responses API, the item that is complete with it, and its number.
    var response: Range<Int>?
    var completeItem: Range<Int>?
    var sequenceNumber: Int?
    /// Whether nothing follows it.
    var isEnd = false

    /// Of nothing.
    init() {}

    /// Reads a frame or a complete reply of an API. Nil for anything else.
    init?(of text: Span<UInt8>, in part: Range<Int>, as api: RelayEndpoint.API) {
        switch api {
        case .openAI: self.init(chunk: text, in: part)
        case .responses: self.init(response: text, in: part)
        case .messages: self.init(message: text, in: part)
        }
    }

    /// Reads a chunk or an object of OpenAI's completions, chat completions or embeddings. Nil for anything else.
    private init?(chunk text: Span<UInt8>, in part: Range<Int>) {
        var list: Range<Int>?
        var removal = JSONRemoval()
        let isObject = JSONOutline.visitMembers(of: text, in: part) { name, value in
            let isUsage = JSONOutline.isNamed("usage", name, text)
            removal.pass(name, value, isRemoved: isUsage)
            if isUsage {
                usage = JSONOutline.isSpelled("null", at: value, in: text) ? nil : value
            } else if JSONOutline.isNamed("model", name, text) {
                model = value
            } else if JSONOutline.isNamed("error", name, text) {
                isError = !JSONOutline.isSpelled("null", at: value, in: text)
            } else if JSONOutline.isNamed("choices", name, text) {
                list = value
            }
        }
        guard isObject != nil, removal.hasMembers else { return nil }
        usageMembers = removal.places
        guard let list else { return }
        var isEmpty = true
        let isArray = JSONOutline.visitElements(of: text, in: list) { element in
            isEmpty = false
            read(choice: element, text)
        }
        isUsageAlone = isArray != nil && isEmpty && usage != nil && !isError
    }

    private mutating func read(choice range: Range<Int>, _ text: Span<UInt8>) {
        var index = 0
        var (reason, piece, message, delta) = (Range<Int>?.none, Range<Int>?.none, Range<Int>?.none, Range<Int>?.none)
        let isObject = JSONOutline.visitMembers(of: text, in: range) { name, value in
            if JSONOutline.isNamed("index", name, text) {
                index = JSONOutline.index(at: value, in: text) ?? 0
            } else if JSONOutline.isNamed("delta", name, text) {
                delta = value
            } else if JSONOutline.isNamed("finish_reason", name, text) {
                reason = JSONOutline.isSpelled("null", at: value, in: text) ? nil : value
            } else if JSONOutline.isNamed("message", name, text) {
                message = value
            } else if JSONOutline.isNamed("text", name, text) {
                piece = value
            }
        }
        if isObject == nil { return }
        choices.insert(index)
        if let reason = reason.flatMap({ JSONOutline.string(at: $0, in: text) }) {
            finishReason = finishReason ?? FinishReason(rawValue: reason)
            finishedChoices.insert(index)
        }
        if let piece {
            if !JSONOutline.isSpelled("\"\"", at: piece, in: text) { contentCount += 1 }
        } else if let message = delta ?? message, Self.hasContent(message, text) {
            contentCount += 1
        }
    }

    private static func hasContent(_ message: Range<Int>, _ text: Span<UInt8>) -> Bool {
        var hasContent = false
        let isObject = JSONOutline.visitMembers(of: text, in: message) { name, value in
            let isContent =
                JSONOutline.isNamed("content", name, text) || JSONOutline.isNamed("tool_calls", name, text)
                || JSONOutline.isNamed("reasoning_content", name, text) || JSONOutline.isNamed("reasoning", name, text)
                || JSONOutline.isNamed("refusal", name, text)
            if isContent, !isNothing(value, text) { hasContent = true }
        }
        return isObject != nil && hasContent
    }

    private static func isNothing(_ value: Range<Int>, _ text: Span<UInt8>) -> Bool {
        JSONOutline.isSpelled("null", at: value, in: text) || JSONOutline.isSpelled("\"\"", at: value, in: text)
            || JSONOutline.isSpelled("[]", at: value, in: text)
    }
}
