/// One token that a model generated.
public struct Token: Sendable, Equatable {
    /// Its number in the vocabulary, if there is one.
    public var id: Int?
    /// The bytes it stands for, part of a character for some; of a special token, its spelling.
    public var bytes: [UInt8]
    /// Whether it is no part of the text, as a token that ends it: only its id and log-probability are told.
    public var isSpecial = false
    /// The natural logarithm of its probability, if asked for.
    public var logprob: Float?
    /// Likely tokens at its place, the likeliest first, if asked for.
    public var topLogprobs: [Alternative]

    /// A token that could have been.
    public struct Alternative: Sendable, Equatable {
        /// Its number in the vocabulary, if there is one.
        public var id: Int?
        /// The bytes it stands for.
        public var bytes: [UInt8]
        /// The natural logarithm of its probability.
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

    /// What it adds to the text.
    package var text: [UInt8] { isSpecial ? [] : bytes }
}
