/// One input of a completion or an embedding.
public enum Prompt: Sendable, Hashable {
    /// Text, which the backend tokenizes.
    case text(String)
    /// Token ids of the model's vocabulary, each from 0 to `Int32.max`.
    case tokenIDs([Int])
}
