/// One token that a model generated.
public struct Token: Sendable, Equatable {
    /// The id in the model's vocabulary, if the backend has one.
    public var id: Int?
    /// The UTF-8 bytes of the token, which may be part of a character; for a special token, its spelling.
    public var bytes: [UInt8]
    /// Whether the token is not part of the text, like an end-of-text token. Its id and log-probability are still
    /// reported.
    public var isSpecial = false
    /// The natural logarithm of the token's probability, if the request asks for log-probabilities.
    public var logprob: Float?
    /// The likeliest tokens at this position, likeliest first, if the request asks for them.
    public var topLogprobs: [Alternative]

    /// A token that the model could have generated at the same position.
    public struct Alternative: Sendable, Equatable {
        /// The id in the model's vocabulary, if the backend has one.
        public var id: Int?
        /// The UTF-8 bytes of the token, which may be part of a character.
        public var bytes: [UInt8]
        /// The natural logarithm of the token's probability.
        public var logprob: Float

        public init(id: Int? = nil, bytes: [UInt8], logprob: Float) {
            self.id = id
            self.bytes = bytes
            self.logprob = logprob
        }
    }

    public init(id: Int? = nil, bytes: [UInt8] = [], logprob: Float? = nil, topLogprobs: [Alternative] = []) {
        self.id = id
        self.bytes = bytes
        self.logprob = logprob
        self.topLogprobs = topLogprobs
    }

    /// The bytes that the token adds to the text.
    package var text: [UInt8] { isSpecial ? [] : bytes }
}
