/// What a principal may do.
public struct Permission: Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// The name, as in a keys file and in the message of a 403: `infer`.
    public let description: String

    /// Chats, completions and the tokenizer.
    public static let infer = Permission(description: "infer")
    /// Embeddings.
    public static let embed = Permission(description: "embed")
    /// The server's counters, `/load`.
    public static let metrics = Permission(description: "metrics")
    /// Operating the server: `/admin/drain`.
    public static let admin = Permission(description: "admin")

    /// Every permission there is. More may be added.
    public static let allCases = [infer, embed, metrics, admin]

    /// The permission of that name; nil if there is none.
    public init?(_ name: String) {
        guard let permission = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = permission
    }

    private init(description: String) { self.description = description }
}
