/// All that is known of a reply before its first event.
struct ReplyPlan: Sendable {
    /// The request's id of ours, behind the format's prefix.
    var id: String
    var model: String
    /// Seconds since 1970.
    var created: Int
    var isStreamed: Bool
    var includesUsage: Bool
    /// Choices of each prompt.
    var n: Int
    /// How many tokens each prompt has, as far as the framework knows; one entry for a chat.
    var promptTokens: [Int]
    var stop: [String]
    /// For each prompt: nil if there is no limit.
    var maxTokens: [Int?]
    /// Whether token ids are shown, for a client that has to do the decoding.
    var tellsTokenIDs: Bool
}
