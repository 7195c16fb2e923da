import MartletHTTP
import MartletJSON
import MartletTesting
import Testing

/// A conversation that each chat API can express.
struct APIConversation: Sendable {
    var question: String
    var system: String?
    var tools: [(name: String, schema: JSONValue)] = []
    var requiresCall = false
    var schema: JSONValue?
    var thinks = false
    var stop: [String] = []
    var maxTokens = 40
    var seed = 0
    var temperature: JSONValue = 0
    var topP: JSONValue = 1
}

/// What an API says of a reply. Where an API has no word for a property, the test does not compare it.
struct APIReply: Equatable, Sendable {
    var text = ""
    var thinking = ""
    /// As `name arguments`.
    var calls: [String] = []
    /// `stop`, `length` or `tool_calls`.
    var reason = ""
    var promptTokens = -1
    var tokens = -1

    mutating func call(_ name: JSONValue?, _ arguments: JSONValue?) {
        calls.append("\(name?.string ?? "?") \(arguments?.description ?? "?")")
    }
}

/// The APIs for chats.
enum ChatAPI: CaseIterable, Sendable {
    case chatCompletions, responses, messages, ollama

    var path: String {
        switch self {
        case .chatCompletions: "/v1/chat/completions"
        case .responses: "/v1/responses"
        case .messages: "/v1/messages"
        case .ollama: "/api/chat"
        }
    }

    func body(_ conversation: APIConversation, isStreamed: Bool) -> JSONObject {
        var body: JSONObject = ["model": "toy", "stream": .bool(isStreamed)]
        switch self {
        case .chatCompletions: addChatCompletions(conversation, to: &body)
        case .responses: addResponses(conversation, to: &body)
        case .messages: addMessages(conversation, to: &body)
        case .ollama: addOllama(conversation, to: &body)
        }
        return body
    }

    private func messages(_ conversation: APIConversation, withSystem: Bool) -> JSONValue {
        var messages: [JSONValue] = [["role": "user", "content": .string(conversation.question)]]
        if withSystem, let system = conversation.system {
            messages.insert(["role": "system", "content": .string(system)], at: 0)
        }
        return .array(messages)
    }

    private func addSampling(_ conversation: APIConversation, to body: inout JSONObject) {
        body["seed"] = .number(JSONNumber(conversation.seed))
        body["temperature"] = conversation.temperature
        body["top_p"] = conversation.topP
    }

    private func addChatCompletions(_ conversation: APIConversation, to body: inout JSONObject) {
        addSampling(conversation, to: &body)
        body["messages"] = messages(conversation, withSystem: true)
        body["max_completion_tokens"] = .number(JSONNumber(conversation.maxTokens))
        if !conversation.stop.isEmpty { body["stop"] = .array(conversation.stop.map { .string($0) }) }
        if conversation.thinks { body["reasoning_effort"] = "high" }
        if !conversation.tools.isEmpty {
            body["tools"] = .array(
                conversation.tools.map {
                    ["type": "function", "function": ["name": .string($0.name), "parameters": $0.schema]]
                })
            if conversation.requiresCall { body["tool_choice"] = "required" }
        }
        if let schema = conversation.schema {
            body["response_format"] = ["type": "json_schema", "json_schema": ["name": "reply", "schema": schema]]
        }
        body["stream_options"] = ["include_usage": true]
    }

    private func addResponses(_ conversation: APIConversation, to body: inout JSONObject) {
        addSampling(conversation, to: &body)
        body["input"] = .string(conversation.question)
        if let system = conversation.system { body["instructions"] = .string(system) }
        body["max_output_tokens"] = .number(JSONNumber(conversation.maxTokens))
        if !conversation.stop.isEmpty { body["stop"] = .array(conversation.stop.map { .string($0) }) }
        if conversation.thinks { body["reasoning"] = ["effort": "high"] }
        if !conversation.tools.isEmpty {
            body["tools"] = .array(
                conversation.tools.map { ["type": "function", "name": .string($0.name), "parameters": $0.schema] })
            if conversation.requiresCall { body["tool_choice"] = "required" }
        }
        if let schema = conversation.schema {
            body["text"] = ["format": ["type": "json_schema", "name": "reply", "schema": schema]]
        }
    }

    private func addMessages(_ conversation: APIConversation, to body: inout JSONObject) {
        addSampling(conversation, to: &body)
        body["messages"] = messages(conversation, withSystem: false)
        if let system = conversation.system { body["system"] = .string(system) }
        body["max_tokens"] = .number(JSONNumber(conversation.maxTokens))
        if !conversation.stop.isEmpty { body["stop_sequences"] = .array(conversation.stop.map { .string($0) }) }
        var output: JSONObject = [:]
        if conversation.thinks {
            body["thinking"] = ["type": "adaptive"]
            output["effort"] = "high"
        }
        if !conversation.tools.isEmpty {
            body["tools"] = .array(
                conversation.tools.map { ["name": .string($0.name), "input_schema": $0.schema] })
            if conversation.requiresCall { body["tool_choice"] = ["type": "any"] }
        }
        if let schema = conversation.schema { output["format"] = ["type": "json_schema", "schema": schema] }
        if !output.isEmpty { body["output_config"] = .object(output) }
    }

    private func addOllama(_ conversation: APIConversation, to body: inout JSONObject) {
        var options: JSONObject = ["num_predict": .number(JSONNumber(conversation.maxTokens))]
        addSampling(conversation, to: &options)
        if !conversation.stop.isEmpty { options["stop"] = .array(conversation.stop.map { .string($0) }) }
        body["options"] = .object(options)
        body["messages"] = messages(conversation, withSystem: true)
        if conversation.thinks { body["think"] = "high" }
        if !conversation.tools.isEmpty {
            body["tools"] = .array(
                conversation.tools.map {
                    ["type": "function", "function": ["name": .string($0.name), "parameters": $0.schema]]
                })
        }
        if let schema = conversation.schema { body["format"] = schema }
    }

    /// Sends the conversation and reads the reply.
    func reply(to conversation: APIConversation, isStreamed: Bool, over client: isolated RawClient) throws -> APIReply {
        let body = JSONValue.object(self.body(conversation, isStreamed: isStreamed)).description
        try client.send(.post, path, body: body)
        let response = try client.receiveResponse()
        try #require(response.code == 200, "\(path): \(response.text)")
        if !isStreamed { return try whole(response.json()) }
        let lines = response.text.split(separator: "\n").map(String.init)
        let data = self == .ollama ? lines : lines.filter { $0.hasPrefix("data: {") }.map { String($0.dropFirst(6)) }
        return try streamed(data.map { try JSONValue(parsing: Array($0.utf8)) })
    }
}
