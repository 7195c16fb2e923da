internal import MartletJSON
internal import MartletOpenAI

extension FrameReading {
    /// Reads an event of the Responses API, or a response. Nil for anything else.
    init?(response text: Span<UInt8>, in part: Range<Int>) {
        self.init()
        var (type, item, isResponse) = (Range<Int>?.none, Range<Int>?.none, false)
        let object = JSONOutline.visitMembers(of: text, in: part) { name, value in
            if JSONOutline.isNamed("type", name, text) {
                type = value
            } else if JSONOutline.isNamed("sequence_number", name, text) {
                sequenceNumber = JSONOutline.index(at: value, in: text)
            } else if JSONOutline.isNamed("object", name, text) {
                isResponse = JSONOutline.isSpelled("\"response\"", at: value, in: text)
            } else if JSONOutline.isNamed("error", name, text) {
                isError = !JSONOutline.isSpelled("null", at: value, in: text)
            } else if JSONOutline.isNamed("item", name, text) {
                item = value
            } else if JSONOutline.isNamed("response", name, text) {
                response = value
            }
        }
        guard object != nil else { return nil }
        guard let type else {
            // A complete response, whose own error is not the stream's.
            if isResponse { (isError, contentCount) = (false, 1) }
            readResponse(text, in: part)
            return
        }
        if JSONOutline.isSpelled("\"error\"", at: type, in: text) {
            isError = true
            return
        }
        guard text.contains("\"response.", at: type.lowerBound) else { return }
        isError = false
        choices.insert(0)
        if type.count > 7, text.contains(".delta\"", at: type.upperBound - 7) { contentCount = 1 }
        if JSONOutline.isSpelled("\"response.output_item.done\"", at: type, in: text) { completeItem = item }
        isEnd = ["completed", "incomplete", "failed"].contains { (end: StaticString) in
            type.count == end.utf8CodeUnitCount + 11 && text.contains(end, at: type.lowerBound + 10)
        }
        if isEnd { finishedChoices.insert(0) }
        if let response { readResponse(text, in: response) }
    }

    private mutating func readResponse(_ text: Span<UInt8>, in part: Range<Int>) {
        var (status, details, output) = (Range<Int>?.none, Range<Int>?.none, Range<Int>?.none)
        _ = JSONOutline.visitMembers(of: text, in: part) { name, value in
            if JSONOutline.isNamed("model", name, text) {
                model = value
            } else if JSONOutline.isNamed("usage", name, text) {
                usage = JSONOutline.isSpelled("null", at: value, in: text) ? nil : value
            } else if JSONOutline.isNamed("status", name, text) {
                status = value
            } else if JSONOutline.isNamed("incomplete_details", name, text) {
                details = value
            } else if JSONOutline.isNamed("output", name, text) {
                output = value
            }
        }
        guard let status, !JSONOutline.isSpelled("\"in_progress\"", at: status, in: text) else { return }
        var members: JSONObject = [:]
        for (name, range) in [("status", status), ("incomplete_details", details)] {
            if let range { members[name] = try? JSONValue(parsing: text.extracting(range)) }
        }
        finishReason = FinishReason(response: members, hasCalls: output.map { Self.hasCall(text, in: $0) } ?? false)
    }

    private static func hasCall(_ text: Span<UInt8>, in output: Range<Int>) -> Bool {
        var hasCall = false
        _ = JSONOutline.visitElements(of: text, in: output) { item in
            guard let type = JSONOutline.value(of: "type", in: item, of: text) else { return }
            hasCall =
                hasCall || JSONOutline.isSpelled("\"function_call\"", at: type, in: text)
                || JSONOutline.isSpelled("\"custom_tool_call\"", at: type, in: text)
        }
        return hasCall
    }
}
