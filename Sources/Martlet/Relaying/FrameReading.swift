internal import MartletJSON

/// What a relayed reply contains about its generation: one frame of a stream, or the whole of it. Only places are found; nothing
/// is parsed or copied that does not matter here.
struct FrameReading {
    /// The name of the model.
    private(set) var model: Range<Int>?
    /// The object with the token counts.
    private(set) var usage: Range<Int>?
    /// The members with the token counts, or with null in their place, and the commas that separate them.
    private(set) var usageMembers: [Range<Int>] = []
    /// Whether the frame has nothing but the token counts.
    private(set) var isUsageAlone = false
    /// The number of choices with generated content.
    private(set) var contentCount = 0
    /// Of the first choice that has one.
    private(set) var finishReason: String?
    /// The numbers of the choices, and of those that have ended.
    private(set) var choices: [Int] = []
    private(set) var finishedChoices: [Int] = []
    /// Whether the frame is an error.
    private(set) var isError = false

    /// Reads a chunk or an object of OpenAI's completions, chat completions or embeddings. Nil for anything else.
    init?(of text: Span<UInt8>, in part: Range<Int>) {
        guard let outline = JSONOutline(of: text, in: part), !outline.members.isEmpty else { return nil }
        model = outline.value(of: "model", in: text)
        if let range = outline.value(of: "error", in: text) {
            isError = !JSONOutline.isSpelled("null", at: range, in: text)
        }
        if let range = outline.value(of: "usage", in: text) {
            if !JSONOutline.isSpelled("null", at: range, in: text) { usage = range }
            usageMembers = outline.removals(of: "usage", in: text)
        }
        guard let range = outline.value(of: "choices", in: text), let found = JSONOutline(of: text, in: range) else {
            return
        }
        isUsageAlone = usage != nil && found.elements.isEmpty && !isError
        for element in found.elements { read(choice: element, text) }
    }

    private mutating func read(choice range: Range<Int>, _ text: Span<UInt8>) {
        guard let choice = JSONOutline(of: text, in: range) else { return }
        let index = choice.value(of: "index", in: text).flatMap { Int(JSONOutline.text(at: $0, in: text)) } ?? 0
        choices.append(index)
        if let reason = choice.value(of: "finish_reason", in: text).flatMap({ JSONOutline.string(at: $0, in: text) }) {
            finishReason = finishReason ?? reason
            finishedChoices.append(index)
        }
        if let piece = choice.value(of: "text", in: text) {
            if !JSONOutline.isSpelled("\"\"", at: piece, in: text) { contentCount += 1 }
            return
        }
        guard let range = choice.value(of: "delta", in: text) ?? choice.value(of: "message", in: text),
            let delta = JSONOutline(of: text, in: range)
        else { return }
        let hasContent = ["content", "reasoning_content", "reasoning", "refusal", "tool_calls"].contains { name in
            guard let value = delta.value(of: name, in: text) else { return false }
            return !["null", "\"\"", "[]"].contains { JSONOutline.isSpelled($0, at: value, in: text) }
        }
        if hasContent { contentCount += 1 }
    }
}
