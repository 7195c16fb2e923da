/// One input of a completion or an embedding.
public enum Prompt: Sendable, Hashable {
    /// Text that the backend tokenizes.
    case text(String)
    /// Ids of the model's own vocabulary, each from 0 to `Int32.max`.
    case tokenIDs([Int])
}
