internal import MartletJSON
internal import MartletOpenAI

/// OpenAI's chat completions, as each server spells them.
struct ChatCompletionsAPI: ChatAPI {
    let dialect: ServerDialect
    let path = "chat/completions"

    func body(
        of request: Client.ChatRequest, _ rendering: Client.ChatRequest.Rendering
    ) throws(ClientError) -> JSONObject {
        var conversation = try request.conversation(systemPrompt: rendering.systemPrompt)
        let prefill = request.sentPrefill
        if let prefill { conversation.append(.assistant(prefill)) }
        for index in conversation.indices {
            conversation[index].reasoningBlocks = []
            if !rendering.sendsReasoning { conversation[index].reasoning = nil }
        }
        var body: JSONObject = ["model": .string(rendering.model)]
        body["messages"] = .array(conversation.map { .object($0.json) })
        request.writeMembers(into: &body)
        // OpenAI's newer models refuse `max_tokens`. A name that the caller chose in `extra` stays.
        if dialect == .openAI, request.options.extra["max_tokens"] == nil, let limit = body.take("max_tokens"),
            body["max_completion_tokens"] == nil
        {
            body["max_completion_tokens"] = limit
        }
        if prefill != nil, dialect.sendsContinueFinalMessage {
            body["continue_final_message"] = true
            body["add_generation_prompt"] = false
        }
        if rendering.thinks, let thinking = request.thinking { dialect.write(thinking, into: &body) }
        if rendering.isStreamed {
            body["stream"] = true
            if rendering.includesUsage { body["stream_options"] = ["include_usage": true] }
        }
        return body
    }

    func decoder(for body: JSONObject) -> any ReplyDecoder {
        ChatCompletionsDecoder(expected: body["n"]?.number?.int ?? 1)
    }

    func refusesThinking(_ error: ClientError, of model: String) -> Bool {
        self.error(error, of: model, names: ["thinking", "reasoning", "chat_template_kwargs"])
    }
}

/// Reads chunks, and complete replies as a chunk.
struct ChatCompletionsDecoder: ReplyDecoder {
    static let endMark = "a finish reason or [DONE]"
    static let contentName = "choices"

    /// The number of requested choices: some servers begin one only when another is finished.
    let expected: Int

    func isComplete(_ reply: ReplyRecord) -> Bool {
        !reply.choices.isEmpty && reply.choices.values.allSatisfy { $0.finishReason != nil }
    }

    func isOver(_ reply: ReplyRecord) -> Bool {
        isComplete(reply) && reply.choices.count >= expected
            && !reply.choices.values.contains { $0.continuesAfterFinish }
    }

    mutating func read(_ chunk: JSONObject, into reply: inout ReplyRecord) {
        reply.readEnvelope(of: chunk)
        for (place, element) in (chunk["choices"]?.array ?? []).enumerated() {
            guard let object = element.object else { continue }
            reply.record(choice: object["index"]?.number?.int ?? place) { $0.read(chunk: object) }
        }
        if let usage = chunk["usage"]?.object { reply.record(Usage(json: usage)) }
    }
}

extension StreamedChoice {
    /// Adds a choice of a chunk.
    fileprivate mutating func read(chunk object: JSONObject) -> [ChatEvent.Kind] {
        let delta = object["delta"]?.object ?? object["message"]?.object ?? [:]
        var kinds: [ChatEvent.Kind] = []
        if let role = delta["role"]?.string, !role.isEmpty { self.role = ChatRole(rawValue: role) }
        kinds += add(reasoning: delta["reasoning_content"]?.string ?? delta["reasoning"]?.string ?? "")
        switch delta["content"] {
        case .string(let text): kinds += add(text: text)
        case .array(let parts): for part in parts.compactMap(\.object) { kinds += add(part: part) }
        default: break
        }
        kinds += add(refusal: delta["refusal"]?.string ?? "")
        let fragments = (delta["tool_calls"]?.array ?? []).compactMap(\.object)
        kinds += add(
            fragments.map(ToolCallAccumulator.Fragment.init(json:)), areComplete: object["delta"]?.object == nil)
        if let logprobs = object["logprobs"], !logprobs.isNull { kinds += add(logprobs: logprobs) }
        if let reason = object["finish_reason"]?.string, !reason.isEmpty {
            kinds += finish(FinishReason(rawValue: reason))
        }
        keep(object)
        return kinds
    }

    /// A part of a content that is an array; Mistral's `thinking` is reasoning.
    private mutating func add(part: JSONObject) -> [ChatEvent.Kind] {
        guard part["type"] == "thinking" else { return add(text: part["text"]?.string ?? "") }
        return separatesReasoning ? add(reasoning: part["thinking"]?.joinedText ?? "") : []
    }

    /// Keeps the choice's members for `json`; later values replace earlier ones.
    private mutating func keep(_ object: JSONObject) {
        guard keepsReply else { return }
        for (name, value) in object where !value.isNull {
            switch name {
            case "delta", "message", "logprobs": break
            case "index": if json.isEmpty { json[name] = value }
            default: json[name] = value
            }
        }
    }
}

extension JSONValue {
    /// A string, or the joined texts of an array of parts.
    fileprivate var joinedText: String? {
        string ?? array.map { parts in parts.compactMap { $0.object?["text"]?.string }.joined() }
    }
}
