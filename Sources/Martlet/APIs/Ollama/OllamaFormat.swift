internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// Replies of Ollama's API: one line of JSON for each delta, and a last one with the statistics.
struct OllamaFormat: ReplyFormat {
    /// The member that contains the text of a reply.
    enum Kind {
        /// `message`.
        case chat
        /// `response`.
        case generate
    }

    private let kind: Kind
    /// The model's name as the client wrote it.
    private let model: String
    /// The prompt's token ids, for a reply that includes `context`; nil for one that does not.
    private let promptTokenIDs: [Int]?
    private let topLogprobs: Int?
    private var finishReason = FinishReason.stop
    private var call = AssembledChoice.ToolCall()
    private var callIndex: Int?
    private var generatedIDs: [Int] = []

    init(
        _ kind: Kind, model: String, promptTokenIDs: [Int]? = nil,
        topLogprobs: Int? = nil
    ) {
        self.kind = kind
        self.model = model
        self.promptTokenIDs = promptTokenIDs
        self.topLogprobs = topLogprobs
    }

    // MARK: Streamed

    var streamFields: HTTPFields { ["Content-Type": "application/x-ndjson", "Cache-Control": "no-cache"] }

    /// Empty, because clients parse every line as JSON, even an empty one.
    var heartbeat: [UInt8] { [] }

    mutating func append(_ delta: ReplyDelta, of choice: Int, usage: Usage?, to bytes: inout [UInt8]) {
        switch delta {
        case .start, .prompt: break
        case .text(let text, let tokens):
            recordIDs(of: tokens)
            line(String(decoding: text, as: UTF8.self), tokens: tokens, to: &bytes)
        case .reasoning(let text): line(thinking: text, to: &bytes)
        case .toolCall(let fragment):
            if fragment.index != callIndex { appendCall(to: &bytes) }
            callIndex = fragment.index
            call.id = fragment.id ?? call.id
            call.name = fragment.name ?? call.name
            call.arguments += fragment.arguments
        case .finish(let reason, _):
            appendCall(to: &bytes)
            finishReason = reason
        }
    }

    /// Appends a complete call. Fragments are not sent, because the arguments are an object in Ollama's API.
    private mutating func appendCall(to bytes: inout [UInt8]) {
        guard callIndex != nil else { return }
        line(calls: [call], to: &bytes)
        (callIndex, call) = (nil, AssembledChoice.ToolCall())
    }

    private func line(
        _ text: String = "", thinking: String = "", calls: [AssembledChoice.ToolCall] = [], tokens: [EmittedToken] = [],
        to bytes: inout [UInt8]
    ) {
        bytes.append { writer in
            writer.object { writer in
                writeReply(text, thinking: thinking, calls: calls, tokens: tokens, to: &writer)
                writer.member("done", false)
            }
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    mutating func appendEnd(_ facts: GenerationFacts, to bytes: inout [UInt8]) {
        bytes.append { writer in
            writer.object { writer in
                writeReply("", to: &writer)
                writeEnd(facts, to: &writer)
            }
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    // MARK: Whole

    mutating func wholeReply(_ choices: [AssembledChoice], _ facts: GenerationFacts) -> [UInt8] {
        var writer = JSONWriter()
        guard let choice = choices.first else { return [] }
        recordIDs(of: choice.tokens)
        finishReason = choice.finishReason
        writer.object { writer in
            writeReply(
                String(decoding: choice.text, as: UTF8.self), thinking: choice.reasoning, calls: choice.toolCalls,
                tokens: choice.tokens, to: &writer)
            writeEnd(facts, to: &writer)
        }
        return writer.bytes
    }

    private mutating func recordIDs(of tokens: [EmittedToken]) {
        if promptTokenIDs != nil { generatedIDs += tokens.compactMap(\.token.id) }
    }

    /// The response to a request without a prompt, which only loads or unloads the model.
    func probe(reason: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writeReply("", to: &writer)
            writer.member("done", true)
            writer.member("done_reason", reason)
        }
        return writer.bytes
    }

    // MARK: Parts

    private func writeReply(
        _ text: String, thinking: String = "", calls: [AssembledChoice.ToolCall] = [], tokens: [EmittedToken] = [],
        to writer: inout JSONWriter
    ) {
        writer.member("model", model)
        writer.member(
            "created_at", RFC3339Date(microsecondsSince1970: EventLoop.unixMicroseconds).description)
        switch kind {
        case .chat:
            writer.object("message") { writer in
                writer.member("role", "assistant")
                writer.member("content", text)
                if !thinking.isEmpty { writer.member("thinking", thinking) }
                if !calls.isEmpty { Self.write(calls, to: &writer) }
            }
        case .generate:
            writer.member("response", text)
            if !thinking.isEmpty { writer.member("thinking", thinking) }
        }
        guard let topLogprobs, !tokens.isEmpty else { return }
        writer.array("logprobs") { LogprobsFormat.writeEntries(tokens, topLogprobs: topLogprobs, to: &$0) }
    }

    private static func write(_ calls: [AssembledChoice.ToolCall], to writer: inout JSONWriter) {
        writer.array("tool_calls") { writer in
            for call in calls {
                writer.object { writer in
                    if !call.id.isEmpty { writer.member("id", call.id) }
                    writer.object("function") { writer in
                        writer.member("name", call.name)
                        writer.member("arguments", arguments(of: call))
                    }
                }
            }
        }
    }

    /// The arguments as an object. If the model wrote something else, that text is the member `arguments`.
    private static func arguments(of call: AssembledChoice.ToolCall) -> JSONValue {
        if call.arguments.isEmpty { return [:] }
        if let value = try? JSONValue(parsing: Array(call.arguments.utf8)), value.object != nil { return value }
        return ["arguments": .string(call.arguments)]
    }

    private func writeEnd(_ facts: GenerationFacts, to writer: inout JSONWriter) {
        let now = ContinuousClock.now
        let firstToken = facts.firstEvent ?? now
        writer.member("done", true)
        writer.member("done_reason", finishReason == .toolCalls ? "stop" : finishReason.rawValue)
        if let promptTokenIDs { writer.member("context", promptTokenIDs + generatedIDs) }
        writer.member("total_duration", Self.nanoseconds(now - facts.arrival))
        // Models are loaded before the server listens.
        writer.member("load_duration", Self.nanoseconds(.zero))
        writer.member("prompt_eval_count", facts.usage.promptTokens)
        writer.member("prompt_eval_duration", Self.nanoseconds(firstToken - facts.arrival))
        writer.member("eval_count", facts.usage.completionTokens)
        writer.member("eval_duration", Self.nanoseconds(now - firstToken))
    }

    /// At least 1, because Ollama omits zeros, and its clients divide by durations.
    static func nanoseconds(_ duration: Duration) -> Int { max(1, duration.nanoseconds) }
}
