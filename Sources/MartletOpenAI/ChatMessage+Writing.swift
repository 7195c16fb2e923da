public import MartletJSON

// The other direction: values as a client sends them.

extension ChatMessage {
    /// The message as it stands in a request: the content is a string where it is one text, and is left out where an
    /// assistant only calls tools.
    public var json: JSONObject {
        var object: JSONObject = ["role": .string(role.rawValue)]
        if content.count == 1, content[0].kind == .text {
            object["content"] = .string(content[0].text ?? "")
        } else if !content.isEmpty {
            object["content"] = .array(content.map { .object($0.json) })
        } else if toolCalls.isEmpty {
            object["content"] = ""
        }
        if let name { object["name"] = .string(name) }
        if let toolCallID { object["tool_call_id"] = .string(toolCallID) }
        if !toolCalls.isEmpty { object["tool_calls"] = .array(toolCalls.map { .object($0.json) }) }
        if let reasoning { object["reasoning_content"] = .string(reasoning) }
        return object
    }

    /// Reads a message without judging it: what is missing is empty, and a role of any name is one. For histories that
    /// a client has kept, and for replies. Nil if it has no role.
    public init?(json: JSONObject) {
        guard let role = json["role"]?.string else { return nil }
        self.init(role: ChatRole(rawValue: role), content: [], name: json["name"]?.string)
        switch json["content"] {
        case .string(let text): if !text.isEmpty { content = [.text(text)] }
        case .array(let parts): content = parts.compactMap { $0.object.map(ContentPart.init(json:)) }
        default: break
        }
        if let refusal = json["refusal"]?.string {
            content.append(ContentPart(json: ["type": "refusal", "refusal": .string(refusal)]))
        }
        toolCallID = json["tool_call_id"]?.string
        toolCalls = (json["tool_calls"]?.array ?? []).compactMap { $0.object.flatMap(ToolCall.init(json:)) }
        reasoning = json["reasoning_content"]?.string ?? json["reasoning"]?.string
    }

    /// The result of a call.
    public static func tool(_ text: String, answering callID: String) -> ChatMessage {
        ChatMessage(role: .tool, content: [.text(text)], toolCallID: callID)
    }
}

extension ContentPart {
    /// Reads a part of any kind, as it came.
    public init(json: JSONObject) {
        let kind = Kind(rawValue: json["type"]?.string ?? "text")
        self.init(kind: kind, text: (json["text"] ?? json["refusal"])?.string, json: json)
    }

    /// An image by its URL, `data:` or other; `detail` is OpenAI's `low`, `high` or `auto`.
    public static func image(url: String, detail: String? = nil) -> ContentPart {
        var image: JSONObject = ["url": .string(url)]
        if let detail { image["detail"] = .string(detail) }
        return ContentPart(kind: .imageURL, json: ["type": "image_url", "image_url": .object(image)])
    }
}

extension ToolCall {
    /// The call as it stands in a message.
    public var json: JSONObject {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(arguments)],
        ]
    }

    /// Reads a call of a message; arguments that are an object, as some servers have them, become text. Nil without a
    /// function's name.
    public init?(json: JSONObject) {
        let function = json["function"]?.object
        guard let name = function?["name"]?.string else { return nil }
        let arguments = function?["arguments"].flatMap { $0.isNull ? nil : $0 }
        self.init(
            id: json["id"]?.string ?? "", name: name,
            arguments: arguments?.string ?? arguments?.description ?? "{}")
    }
}

extension ToolDefinition {
    /// The definition as it stands in a request.
    public var json: JSONObject {
        var function: JSONObject = ["name": .string(name)]
        if let description { function["description"] = .string(description) }
        if let parameters { function["parameters"] = .object(parameters) }
        if isStrict { function["strict"] = true }
        return ["type": "function", "function": .object(function)]
    }

    /// Reads a definition without judging it; nil without a function's name.
    public init?(json: JSONObject) {
        guard let function = json["function"]?.object, let name = function["name"]?.string else { return nil }
        self.init(
            name: name, description: function["description"]?.string, parameters: function["parameters"]?.object,
            isStrict: function["strict"]?.bool ?? false)
    }
}

extension ToolChoice {
    /// The choice as it stands in a request.
    public var json: JSONValue {
        switch self {
        case .none: "none"
        case .auto: "auto"
        case .required: "required"
        case .function(let name): ["type": "function", "function": ["name": .string(name)]]
        }
    }

    /// Reads a choice; nil where it is none of the four.
    public init?(json: JSONValue) {
        switch json {
        case "none": self = .none
        case "auto": self = .auto
        case "required": self = .required
        default:
            guard let name = json.object?["function"]?.object?["name"]?.string else { return nil }
            self = .function(name)
        }
    }
}

extension ResponseFormat {
    /// The format as it stands in a request.
    public var json: JSONObject {
        switch self {
        case .text: ["type": "text"]
        case .jsonObject: ["type": "json_object"]
        case .jsonSchema(let name, let schema, let isStrict):
            [
                "type": "json_schema",
                "json_schema": ["name": .string(name), "schema": .object(schema), "strict": .bool(isStrict)],
            ]
        }
    }

    /// Reads a format; nil where it is none of the three.
    public init?(json: JSONObject) {
        switch json["type"]?.string {
        case "text": self = .text
        case "json_object": self = .jsonObject
        case "json_schema":
            let format = json["json_schema"]?.object
            guard let schema = format?["schema"]?.object else { return nil }
            self = .jsonSchema(
                name: format?["name"]?.string ?? "", schema: schema, isStrict: format?["strict"]?.bool ?? false)
        default: return nil
        }
    }
}

extension Usage {
    /// Reads OpenAI's `usage`, with zeros for what a server leaves out.
    public init(json: JSONObject) {
        self.init(
            promptTokens: json["prompt_tokens"]?.number?.int ?? 0,
            completionTokens: json["completion_tokens"]?.number?.int ?? 0,
            cachedTokens: json["prompt_tokens_details"]?.object?["cached_tokens"]?.number?.int)
        reasoningTokens = json["completion_tokens_details"]?.object?["reasoning_tokens"]?.number?.int
    }
}
