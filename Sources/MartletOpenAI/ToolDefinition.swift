public import MartletJSON

/// A function that the model may call.
public struct ToolDefinition: Sendable, Equatable {
    /// What a call names; 1 to 64 of letters, digits, `_` and `-` when decoded.
    public var name: String
    /// What it does, for the model.
    public var description: String?
    /// Its arguments as a JSON Schema; nil means that it takes none.
    public var parameters: JSONObject?
    /// Whether arguments must follow the schema exactly.
    public var isStrict: Bool

    /// A function of that name.
    public init(name: String, description: String? = nil, parameters: JSONObject? = nil, isStrict: Bool = false) {
        self.name = name
        self.description = description
        self.parameters = parameters
        self.isStrict = isStrict
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

/// Whether the model calls tools: OpenAI's `tool_choice`.
public enum ToolChoice: Sendable, Hashable {
    /// It must not.
    case none
    /// It decides.
    case auto
    /// It must call at least one; needs the capability `toolChoice`.
    case required
    /// It must call this one; needs the capability `toolChoice`.
    case function(String)
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
