/// Who speaks in a message.
public struct ChatRole: RawRepresentable, Sendable, Hashable {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static let system = ChatRole(rawValue: "system")
    /// The newer name of `system`; a decoded request never has it, since `developer` is decoded as `system`.
    public static let developer = ChatRole(rawValue: "developer")
    public static let user = ChatRole(rawValue: "user")
    public static let assistant = ChatRole(rawValue: "assistant")
    /// The result of a tool call.
    public static let tool = ChatRole(rawValue: "tool")
}
