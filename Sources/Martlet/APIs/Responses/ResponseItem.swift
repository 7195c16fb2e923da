internal import MartletJSON

/// An item of a response's output, as far as it has been generated.
struct ResponseItem: Sendable {
    enum Kind: Sendable, Equatable {
        case reasoning, message
        case functionCall(callID: String, name: String)
        case customToolCall(callID: String, name: String)
    }

    enum Status: String, Sendable {
        case inProgress = "in_progress"
        case completed, incomplete
    }

    /// How a request wants its items.
    struct Form: Sendable {
        /// The number of alternatives to each token; nil means no log-probabilities.
        var topLogprobs: Int?
        /// Whether the reasoning is shown as its summary.
        var summarizesReasoning = false
        var encryptsReasoning = false
        var customTools: Set<String> = []
    }

    let id: String
    let kind: Kind
    /// The text, the thought or the arguments as UTF-8.
    var bytes: [UInt8] = []
    /// Those of a text, if the response has log-probabilities.
    var tokens: [EmittedToken] = []

    /// An item without content.
    ///
    /// - Parameters:
    ///   - responseID: The unique id of the request.
    ///   - index: The index of the item in the output.
    init(_ part: ReplyPart, of responseID: String, index: Int, _ form: Form) {
        let prefix: String
        switch part {
        case .reasoning: (kind, prefix) = (.reasoning, "rs_")
        case .text: (kind, prefix) = (.message, "msg_")
        case .toolCall(_, let callID, let name) where form.customTools.contains(name):
            (kind, prefix) = (.customToolCall(callID: callID, name: name), "ctc_")
        case .toolCall(_, let callID, let name): (kind, prefix) = (.functionCall(callID: callID, name: name), "fc_")
        }
        id = "\(prefix)\(responseID)\(index)"
    }

    /// The status at the end of the item.
    ///
    /// - Parameters:
    ///   - isCut: Whether a limit or a filter has ended the response.
    ///   - isLast: Whether no item follows.
    func status(isCut: Bool, isLast: Bool) -> Status {
        guard isCut else { return .completed }
        switch kind {
        case .reasoning, .message: return isLast ? .incomplete : .completed
        case .functionCall, .customToolCall:
            return (try? JSONValue(parsing: bytes)) == nil ? .incomplete : .completed
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

// MARK: Writing

extension ResponseItem {
    /// Writes the item. One in progress has no content yet.
    func write(as status: Status, _ form: Form, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            switch kind {
            case .reasoning: writeReasoning(status, form, to: &writer)
            case .message:
                writer.member("type", "message")
                writer.member("role", "assistant")
                writer.array("content") { if status != .inProgress { writePart(form, to: &$0) } }
            case .functionCall(let callID, let name):
                writer.member("type", "function_call")
                writer.member("call_id", callID)
                writer.member("name", name)
                writer.member("arguments", text)
            case .customToolCall(let callID, let name):
                writer.member("type", "custom_tool_call")
                writer.member("call_id", callID)
                writer.member("name", name)
                writer.member("input", status == .inProgress ? "" : customInput)
                // This kind of item has no status.
                return
            }
            writer.member("status", status.rawValue)
        }
    }

    private func writeReasoning(_ status: Status, _ form: Form, to writer: inout JSONWriter) {
        writer.member("type", "reasoning")
        let hasText = status != .inProgress
        writer.array("summary") { if hasText && form.summarizesReasoning { writePart(form, to: &$0) } }
        writer.array("content") { if hasText && !form.summarizesReasoning { writePart(form, to: &$0) } }
        writer.member(
            "encrypted_content", hasText && form.encryptsReasoning ? ResponseReasoning.encrypted(bytes) : nil)
    }

    /// Writes the part that has the text of a message, or of the reasoning.
    func writePart(_ form: Form, to writer: inout JSONWriter) {
        writer.object { writer in
            if kind == .reasoning {
                writer.member("type", form.summarizesReasoning ? "summary_text" : "reasoning_text")
                writer.member("text", text)
                return
            }
            writer.member("type", "output_text")
            writer.member("text", text)
            writer.array("annotations") { _ in }
            writer.name("logprobs")
            writeLogprobs(form, to: &writer)
        }
    }

    func writeLogprobs(_ form: Form, hasBytes: Bool = true, to writer: inout JSONWriter) {
        writer.array { writer in
            guard let topLogprobs = form.topLogprobs else { return }
            LogprobsFormat.writeEntries(tokens, topLogprobs: topLogprobs, hasBytes: hasBytes, to: &writer)
        }
    }
}

// MARK: Custom tools

extension ResponseItem {
    /// The input of a custom tool: the member `input` of the arguments, as far as it has been generated. Arguments without
    /// one are the input themselves, for models whose calls follow no schema.
    var customInput: String {
        if let arguments = try? JSONValue(parsing: bytes) { return arguments.object?["input"]?.string ?? text }
        // Behind a cut, an escape sequence may be incomplete: one of a surrogate pair has 12 bytes.
        for count in 0..<min(12, bytes.count) {
            let closed = bytes.dropLast(count) + "\"}".utf8
            guard let arguments = try? JSONValue(parsing: Array(closed)).object else { continue }
            return arguments["input"]?.string ?? text
        }
        return text
    }
}
