internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// Replies of the Messages API: one message, or the events of one.
struct MessagesFormat: ReplyFormat {
    private let plan: ReplyPlan
    private let requestID: String
    private var sequence = PartSequence()
    private var blocks = MessagesBlockEvents()

    init(_ plan: ReplyPlan, requestID: String) {
        self.plan = plan
        self.requestID = requestID
    }

    // MARK: Streamed

    var streamFields: HTTPFields {
        var fields: HTTPFields = ["Content-Type": ServerSentEvents.contentType]
        fields.append(contentsOf: ServerSentEvents.unbuffered)
        return fields
    }

    let heartbeat: [UInt8] = {
        var bytes: [UInt8] = []
        ServerSentEvents.beginEvent(named: "ping", to: &bytes)
        bytes.append("{\"type\":\"ping\"}")
        ServerSentEvents.endEvent(to: &bytes)
        return bytes
    }()

    func opening(_ usage: Usage) -> [UInt8] {
        var bytes: [UInt8] = []
        ServerSentEvents.beginEvent(named: "message_start", to: &bytes)
        bytes.append { writer in
            writer.object { writer in
                writer.member("type", "message_start")
                writer.object("message") { writer in
                    writeMessage(to: &writer, usage, content: { _ in }, end: nil)
                }
            }
        }
        ServerSentEvents.endEvent(to: &bytes)
        return bytes + heartbeat
    }

    mutating func append(_ delta: ReplyDelta, of choice: Int, usage: Usage?, to bytes: inout [UInt8]) {
        // A closure cannot write a part of what its caller changes.
        var writer = blocks
        sequence.receive(delta) { writer.append($0, to: &bytes) }
        blocks = writer
    }

    func appendEnd(_ facts: GenerationFacts, to bytes: inout [UInt8]) {
        let end = MessagesStop(facts, limit: plan.maxTokens)
        ServerSentEvents.beginEvent(named: "message_delta", to: &bytes)
        bytes.append { writer in
            writer.object { writer in
                writer.member("type", "message_delta")
                writer.object("delta") { end.write(to: &$0) }
                writer.object("usage") { Self.write(facts.usage, to: &$0) }
            }
        }
        ServerSentEvents.endEvent(to: &bytes)
        ServerSentEvents.beginEvent(named: "message_stop", to: &bytes)
        bytes.append("{\"type\":\"message_stop\"}")
        ServerSentEvents.endEvent(to: &bytes)
    }

    func appendFailure(_ error: OpenAIError, _ facts: GenerationFacts, to bytes: inout [UInt8]) -> Bool {
        MessagesErrors().append(error, requestID: requestID, to: &bytes)
        return true
    }

    // MARK: Whole

    func wholeReply(_ choices: [AssembledChoice], _ facts: GenerationFacts) -> [UInt8] {
        var writer = JSONWriter()
        let parts = choices.first?.parts ?? []
        writer.object { writer in
            writeMessage(
                to: &writer, facts.usage, content: { writer in for part in parts { Self.write(part, to: &writer) } },
                end: MessagesStop(facts, limit: plan.maxTokens))
        }
        return writer.bytes
    }

    /// - Parameter end: Nil at the beginning of a stream.
    private func writeMessage(
        to writer: inout JSONWriter, _ usage: Usage, content: (inout JSONWriter) -> Void, end: MessagesStop?
    ) {
        writer.member("id", "msg_\(plan.id)")
        writer.member("type", "message")
        writer.member("role", "assistant")
        writer.member("model", plan.model)
        writer.array("content", content)
        (end ?? MessagesStop()).write(to: &writer)
        writer.object("usage") { Self.write(usage, to: &$0) }
    }

    private static func write(_ part: AssembledChoice.Part, to writer: inout JSONWriter) {
        writer.object { writer in
            switch part.kind {
            case .text:
                writer.member("type", "text")
                writer.member("text", part.text)
            case .reasoning:
                writer.member("type", "thinking")
                writer.member("thinking", part.text)
                writer.member("signature", MessagesBlockEvents.signature)
            case .toolCall(_, let id, let name):
                writer.member("type", "tool_use")
                writer.member("id", id)
                writer.member("name", name)
                writer.member("input", Self.input(of: part.bytes))
            }
        }
    }

    /// The input of a call: an object, whatever the model has written. Of arguments that a limit has cut it is what is
    /// there, and of those that are not JSON nothing.
    static func input(of arguments: [UInt8]) -> JSONObject {
        if let object = (try? JSONValue(parsing: arguments))?.object { return object }
        var partial = PartialJSON()
        return partial.feed(arguments)?.object ?? [:]
    }

    /// The prompt's tokens without those from a cache, which count apart. What is not known is 0.
    private static func write(_ usage: Usage, to writer: inout JSONWriter) {
        let cached = min(usage.cachedTokens ?? 0, usage.promptTokens)
        writer.member("input_tokens", usage.promptTokens - cached)
        writer.member("cache_creation_input_tokens", 0)
        writer.member("cache_read_input_tokens", cached)
        writer.member("output_tokens", usage.completionTokens)
        if let thinking = usage.reasoningTokens {
            writer.object("output_tokens_details") { $0.member("thinking_tokens", thinking) }
        }
    }
}
