internal import MartletJSON
internal import MartletOpenAI

/// Anthropic's Messages API.
struct MessagesAPI: ChatAPI {
    /// Sent if a request has no limit, because the API requires one.
    static let defaultMaxTokens = 8192
    /// The least budget for thinking.
    private static let minimumBudget = 1024

    let path = "messages"

    func decoder(for body: JSONObject) -> any ReplyDecoder { MessagesDecoder() }

    func refusesThinking(_ error: ClientError, of model: String) -> Bool {
        // Other errors, such as that of an invalid signature, contain the word too.
        self.error(error, of: model, names: ["thinking", "effort"])
            && String(decoding: error.body, as: UTF8.self).lowercased().contains("support")
    }

    func body(
        of request: Client.ChatRequest, _ rendering: Client.ChatRequest.Rendering
    ) throws(ClientError) -> JSONObject {
        let options = request.options
        if let n = options.n, n != 1 { throw .notInMessages("options.n", "one reply per request") }
        if options.topLogprobs != nil { throw .notInMessages("options.topLogprobs", "no log-probabilities") }
        var messages = try request.conversation(systemPrompt: rendering.systemPrompt)
        if let prefill = request.sentPrefill { messages.append(.assistant(prefill)) }
        var conversation = MessagesTurns(sendsReasoning: rendering.sendsReasoning)
        for message in messages { try conversation.append(message) }

        var body: JSONObject = ["model": .string(rendering.model)]
        if let system = conversation.systemValue { body["system"] = system }
        body["messages"] = .array(conversation.turnValues)
        write(options, into: &body)
        write(request, into: &body)
        try writeOutput(of: request, thinks: rendering.thinks, into: &body)
        if rendering.isStreamed { body["stream"] = true }
        for (name, value) in options.extra where body[name] == nil { body[name] = value }
        return body
    }

    /// Parameters that the API does not have keep their names: some servers know them, and others refuse them.
    private func write(_ options: GenerationOptions, into body: inout JSONObject) {
        options.write(into: &body)
        body["n"] = nil
        if let stop = body.take("stop") { body["stop_sequences"] = stop }
        if let user = body.take("user") { body["metadata"] = ["user_id": user] }
        if body["max_tokens"] == nil {
            body["max_tokens"] = options.extra["max_tokens"] ?? .number(JSONNumber(Self.defaultMaxTokens))
        }
    }

    private func write(_ request: Client.ChatRequest, into body: inout JSONObject) {
        let hasTools = !request.tools.isEmpty || request.options.extra["tools"] != nil
        if !request.tools.isEmpty { body["tools"] = .array(request.tools.map { .object($0.messagesJSON) }) }
        guard hasTools else { return }
        var choice = request.toolChoice?.messagesJSON
        if let parallel = request.parallelToolCalls, request.toolChoice != ToolChoice.none {
            choice = choice ?? ["type": "auto"]
            choice?["disable_parallel_tool_use"] = .bool(!parallel)
        }
        if let choice { body["tool_choice"] = .object(choice) }
    }

    /// Writes thinking and the format of the reply, which share `output_config`.
    private func writeOutput(
        of request: Client.ChatRequest, thinks: Bool, into body: inout JSONObject
    ) throws(ClientError) {
        var output: JSONObject = [:]
        switch request.responseFormat {
        case .jsonSchema(_, let schema, _): output["format"] = ["type": "json_schema", "schema": .object(schema)]
        case .jsonObject:
            throw .notInMessages("responseFormat .jsonObject", "no format of JSON without a schema; use .jsonSchema")
        case .text, nil: break
        }
        if thinks, let thinking = request.thinking {
            if !thinking.isEnabled {
                body["thinking"] = ["type": "disabled"]
            } else {
                if let budget = thinking.budget {
                    guard budget >= Self.minimumBudget else {
                        throw ClientError(
                            .formatError,
                            "build request: a thinking budget of \(budget) is too small; the Messages API needs at "
                                + "least \(Self.minimumBudget).")
                    }
                    body["thinking"] = ["type": "enabled", "budget_tokens": .number(JSONNumber(budget))]
                } else {
                    body["thinking"] = ["type": "adaptive"]
                    if let effort = thinking.effort { output["effort"] = .string(effort) }
                }
                // Models that think accept the default, which is 1, and some nothing else, not even that value.
                if !thinking.keepsTemperature { body["temperature"] = nil }
                thinking.makeRoom(in: &body, "max_tokens")
            }
        }
        body.write(output, as: "output_config", over: request.options.extra)
    }
}

extension JSONObject {
    /// Sets a member to an object unless it is empty; members that `extra` has beside it are kept.
    mutating func write(_ object: JSONObject, as name: String, over extra: JSONObject) {
        if object.isEmpty { return }
        var all = extra[name]?.object ?? [:]
        for (name, value) in object { all[name] = value }
        self[name] = .object(all)
    }
}

extension ToolDefinition {
    fileprivate var messagesJSON: JSONObject {
        var object: JSONObject = ["name": .string(name)]
        if let description { object["description"] = .string(description) }
        object["input_schema"] = .object(parameters ?? ["type": "object", "properties": [:]])
        if let strict { object["strict"] = .bool(strict) }
        return object
    }
}

extension ToolChoice {
    fileprivate var messagesJSON: JSONObject {
        switch self {
        case .none: ["type": "none"]
        case .auto: ["type": "auto"]
        case .required: ["type": "any"]
        case .function(let name): ["type": "tool", "name": .string(name)]
        }
    }
}

extension ClientError {
    static func notInMessages(_ property: String, _ reason: String) -> ClientError {
        ClientError(.formatError, "build request: remove \(property): the Messages API has \(reason).")
    }
}
