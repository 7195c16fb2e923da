internal import MartletJSON
internal import MartletOpenAI

extension FrameReading {
    /// Reads an event of the Messages API, or a message. Nil for anything else.
    init?(message text: Span<UInt8>, in part: Range<Int>) {
        self.init()
        var (type, reason) = (Range<Int>?.none, Range<Int>?.none)
        var (message, delta) = (Range<Int>?.none, Range<Int>?.none)
        let object = JSONOutline.visitMembers(of: text, in: part) { name, value in
            if JSONOutline.isNamed("type", name, text) {
                type = value
            } else if JSONOutline.isNamed("message", name, text) {
                message = value
            } else if JSONOutline.isNamed("delta", name, text) {
                delta = value
            } else if JSONOutline.isNamed("model", name, text) {
                model = value
            } else if JSONOutline.isNamed("usage", name, text) {
                usage = value
            } else if JSONOutline.isNamed("stop_reason", name, text) {
                reason = value
            } else if JSONOutline.isNamed("error", name, text) {
                isError = !JSONOutline.isSpelled("null", at: value, in: text)
            }
        }
        guard object != nil else { return nil }
        guard let type = type.flatMap({ JSONOutline.string(at: $0, in: text) }) else { return }
        switch type {
        case "error": isError = true
        case "message":
            contentCount = 1
            finishReason = Self.finishReason(at: reason, text)
        case "message_start":
            choices.insert(0)
            model = message.flatMap { JSONOutline.value(of: "model", in: $0, of: text) }
            usage = message.flatMap { JSONOutline.value(of: "usage", in: $0, of: text) }
        case "content_block_delta": contentCount = 1
        case "message_delta":
            let reason = delta.flatMap { JSONOutline.value(of: "stop_reason", in: $0, of: text) }
            finishReason = Self.finishReason(at: reason, text)
        case "message_stop":
            finishedChoices.insert(0)
            isEnd = true
        default: break
        }
    }

    private static func finishReason(at range: Range<Int>?, _ text: Span<UInt8>) -> FinishReason? {
        range.flatMap { JSONOutline.string(at: $0, in: text) }.map(FinishReason.init(stopReason:))
    }
}
