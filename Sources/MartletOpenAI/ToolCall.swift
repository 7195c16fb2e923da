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
