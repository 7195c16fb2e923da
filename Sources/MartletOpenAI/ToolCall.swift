public import MartletJSON

/// A call that an assistant made, in a message of the conversation.
public struct ToolCall: Sendable, Hashable {
    /// What the `tool` message with its result refers to.
    public var id: String
    /// The function's name.
    public var name: String
    /// JSON text, as the model wrote it.
    public var arguments: String

    /// A call of a function.
    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
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
