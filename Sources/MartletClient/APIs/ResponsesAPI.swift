internal import MartletJSON
internal import MartletOpenAI

/// OpenAI's Responses API.
struct ResponsesAPI: ChatAPI {
    private static let encryptedReasoning: JSONValue = "reasoning.encrypted_content"
    private static let logprobs: JSONValue = "message.output_text.logprobs"

    let path = "responses"
    /// Precede the conversation. A server does not repeat those of the previous response.
    var instructions: String?
    /// The response that precedes the messages.
    var previousResponseID: String?
    /// Whether the server stores the response; nil leaves it to the server.
    var stores: Bool?

    func decoder(for body: JSONObject) -> any ReplyDecoder { ResponsesDecoder() }

    func refusesThinking(_ error: ClientError, of model: String) -> Bool {
        // Other errors, such as that of an item without the one that follows it, contain the word too.
        self.error(error, of: model, names: ["reasoning", "encrypted content"])
            && String(decoding: error.body, as: UTF8.self).lowercased().contains("support")
    }

    func body(
        of request: Client.ChatRequest, _ rendering: Client.ChatRequest.Rendering
    ) throws(ClientError) -> JSONObject {
        let options = request.options
        if let n = options.n, n != 1 { throw .notInResponses("options.n", "one reply per request") }
        if request.sentPrefill != nil { throw .notInResponses("prefill", "no beginnings of replies") }
        var body: JSONObject = ["model": .string(rendering.model)]
        let instructions = [rendering.systemPrompt, instructions].compactMap { $0 }.filter { !$0.isEmpty }
        if !instructions.isEmpty { body["instructions"] = .string(instructions.joined(separator: "\n\n")) }
        if let previousResponseID { body["previous_response_id"] = .string(previousResponseID) }
        var input = ResponsesInput(sendsReasoning: rendering.sendsReasoning)
        for message in try request.conversation(systemPrompt: nil) { try input.append(message) }
        body["input"] = .array(input.items.map { .object($0) })
        write(options, into: &body)
        write(request, into: &body)
        if let stores { body["store"] = .bool(stores) }
        writeReasoning(of: request, thinks: rendering.thinks, includes: input.hasReasoning, into: &body)
        if rendering.isStreamed { body["stream"] = true }
        for (name, value) in options.extra where body[name] == nil { body[name] = value }
        return body
    }

    /// Parameters that the API does not have keep their names: some servers know them, and others refuse them.
    private func write(_ options: GenerationOptions, into body: inout JSONObject) {
        options.write(into: &body)
        body["n"] = nil
        if let limit = body.take("max_tokens") { body["max_output_tokens"] = limit }
        if let count = options.topLogprobs { body["top_logprobs"] = .number(JSONNumber(count)) }
    }

    private func write(_ request: Client.ChatRequest, into body: inout JSONObject) {
        if !request.tools.isEmpty { body["tools"] = .array(request.tools.map { .object($0.responsesJSON) }) }
        switch request.toolChoice {
        case .function(let name): body["tool_choice"] = ["type": "function", "name": .string(name)]
        case let choice?: body["tool_choice"] = choice.json
        case nil: break
        }
        if let parallel = request.parallelToolCalls { body["parallel_tool_calls"] = .bool(parallel) }
        if let format = request.responseFormat {
            body.write(["format": .object(format.responsesJSON)], as: "text", over: request.options.extra)
        }
    }

    /// - Parameter includes: Whether the input has reasoning, so that the reply's will be needed too.
    private func writeReasoning(
        of request: Client.ChatRequest, thinks: Bool, includes: Bool, into body: inout JSONObject
    ) {
        var included: [JSONValue] = []
        if thinks, let thinking = request.thinking {
            body.write(["effort": .string(thinking.word)], as: "reasoning", over: request.options.extra)
            if thinking.isEnabled {
                included.append(Self.encryptedReasoning)
                // Models that reason refuse any other temperature than the default.
                if !thinking.keepsTemperature { body["temperature"] = nil }
                thinking.makeRoom(in: &body, "max_output_tokens")
            }
        }
        if includes, !included.contains(Self.encryptedReasoning) { included.append(Self.encryptedReasoning) }
        if request.options.topLogprobs != nil { included.append(Self.logprobs) }
        if included.isEmpty { return }
        let own = request.options.extra["include"]?.array ?? []
        body["include"] = .array(own + included.filter { !own.contains($0) })
    }
}

extension ToolDefinition {
    /// `strict` and `parameters` are required; null leaves them to the server.
    fileprivate var responsesJSON: JSONObject {
        var object: JSONObject = ["type": "function", "name": .string(name)]
        if let description { object["description"] = .string(description) }
        object["parameters"] = parameters.map { .object($0) } ?? .null
        object["strict"] = strict.map { .bool($0) } ?? .null
        return object
    }
}

extension ResponseFormat {
    fileprivate var responsesJSON: JSONObject {
        guard case .jsonSchema(let name, let schema, let isStrict) = self else { return json }
        return [
            "type": "json_schema", "name": .string(name), "schema": .object(schema), "strict": .bool(isStrict),
        ]
    }
}

extension ClientError {
    static func notInResponses(_ property: String, _ reason: String) -> ClientError {
        ClientError(.formatError, "build request: remove \(property): the Responses API has \(reason).")
    }
}
