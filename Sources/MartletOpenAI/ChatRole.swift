/// Who speaks in a message.
public struct ChatRole: RawRepresentable, Sendable, Hashable {
    /// The word on the wire.
    public let rawValue: String

    /// A role by its word; one that the constants do not name is a value too.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The instructions of whoever runs the application.
    public static let system = ChatRole(rawValue: "system")
    /// The newer name of `system`; a decoded request never has it, since `developer` is decoded as `system`.
    public static let developer = ChatRole(rawValue: "developer")
    /// The person who asks.
    public static let user = ChatRole(rawValue: "user")
    /// The model.
    public static let assistant = ChatRole(rawValue: "assistant")
    /// The result of a tool call.
    public static let tool = ChatRole(rawValue: "tool")
}
