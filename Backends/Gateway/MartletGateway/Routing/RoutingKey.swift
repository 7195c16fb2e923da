/// What a policy knows of a request.
struct RoutingKey: Sendable, Equatable {
    /// Identifies the conversation, from a header or from OpenAI's `prompt_cache_key`; nil if the client names none.
    var session: String?
    /// The prompt's blocks, from `PrefixHasher`: each hash covers its block and all before it.
    var blocks: [UInt64] = []
    /// The prompt's estimated tokens.
    var promptTokens = 0
}
