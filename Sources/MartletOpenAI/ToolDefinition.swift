public import MartletJSON

/// A function that the model may call.
public struct ToolDefinition: Sendable, Equatable {
    /// The function's name; 1 to 64 letters, digits, `_` and `-` when decoded.
    public var name: String
    /// The purpose of the function, for the model.
    public var description: String?
    /// The JSON Schema of the arguments; nil means that there are none.
    public var parameters: JSONObject?
    /// Whether the schema follows OpenAI's strict rules, and the arguments follow the schema. Nil leaves it to the server:
    /// Martlet's then enforces the schema, whether or not it follows the rules. With false, it accepts any JSON object.
    public var strict: Bool?

    public init(name: String, description: String? = nil, parameters: JSONObject? = nil, strict: Bool? = nil) {
        self.name = name
        self.description = description
        self.parameters = parameters
        self.strict = strict
    }
}

extension ToolDefinition {
    /// The definition as JSON of a request.
    public var json: JSONObject {
        var function: JSONObject = ["name": .string(name)]
        if let description { function["description"] = .string(description) }
        if let parameters { function["parameters"] = .object(parameters) }
        if let strict { function["strict"] = .bool(strict) }
        return ["type": "function", "function": .object(function)]
    }

    /// Decodes a definition without validating it; nil if there is no function name.
    public init?(json: JSONObject) {
        guard let function = json["function"]?.object, let name = function["name"]?.string else { return nil }
        self.init(
            name: name, description: function["description"]?.string, parameters: function["parameters"]?.object,
            strict: function["strict"]?.bool)
    }
}

/// Whether the model must, may or must not call tools: OpenAI's `tool_choice`.
public enum ToolChoice: Sendable, Hashable {
    /// The model must not call tools.
    case none
    /// The model decides.
    case auto
    /// The model must call at least one tool; needs the capability `toolChoice`.
    case required
    /// The model must call the function of this name; needs the capability `toolChoice`.
    case function(String)
}

extension ToolChoice {
    /// The choice as JSON of a request.
    public var json: JSONValue {
        switch self {
        case .none: "none"
        case .auto: "auto"
        case .required: "required"
        case .function(let name): ["type": "function", "function": ["name": .string(name)]]
        }
    }

    /// Decodes a choice; nil if it is not one of the four.
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
