/// A backend that can turn text into tokens and back.
public protocol Tokenizing: Backend {
    /// The token ids of `text`, in which the spellings of special tokens mean those tokens.
    func encode(_ text: String, model: String) async throws -> [Int]

    /// The text of `tokenIDs`; bytes that are no UTF-8 become U+FFFD.
    ///
    /// - Throws: `BackendError` for an id that the vocabulary does not have.
    func decode(_ tokenIDs: [Int], model: String) async throws -> String

    /// The token ids of a conversation as the model was trained to see it, ready for the answer.
    func applyTemplate(_ request: ChatRequest) async throws -> [Int]
}
