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
