public import MartletJSON

/// A function call in an assistant message.
public struct ToolCall: Sendable, Hashable {
    /// The id to which the `tool` message with the result refers.
    public var id: String
    /// The function's name.
    public var name: String
    /// The arguments' JSON text as the model wrote it; it may be malformed.
    public var arguments: String

    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

extension ToolCall {
    /// The call as JSON of a message.
    public var json: JSONObject {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(arguments)],
        ]
    }

    /// Decodes a call of a message. Arguments that are an object, as some servers send them, become text. Nil if there
    /// is no function name.
    public init?(json: JSONObject) {
        let function = json["function"]?.object
        guard let name = function?["name"]?.string else { return nil }
        let arguments = function?["arguments"].flatMap { $0.isNull ? nil : $0 }
        self.init(
            id: json["id"]?.string ?? "", name: name,
            arguments: arguments?.string ?? arguments?.description ?? "{}")
    }
}
