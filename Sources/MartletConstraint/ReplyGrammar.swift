/// Everything that a model may write after a prompt: a thought, a text, calls of tools, with what it writes around them.
///
/// ```
/// reply    = [thought] [newline [newline]] answer, or answer
/// thought  = opening, text, closing
/// answer   = content, or calls                      with a constraint on the text
///          | any text with calls in it              without one
///          | calls                                  where a call is required
/// calls    = call [[newline] call]...
/// call     = opening [newline] {"name": NAME, "arguments": ARGUMENTS} [newline] closing
/// ```
public struct ReplyGrammar: Sendable {
    /// What the model writes before and after a thought or a call.
    public struct Delimiters: Sendable, Hashable {
        /// As text.
        public var opening, closing: String
        /// The special tokens that stand for them.
        public var openingTokens: Set<Int>, closingTokens: Set<Int>

        public init(
            _ opening: String, _ closing: String, openingTokens: Set<Int> = [], closingTokens: Set<Int> = []
        ) {
            (self.opening, self.closing) = (opening, closing)
            (self.openingTokens, self.closingTokens) = (openingTokens, closingTokens)
        }
    }

    /// The tools that may be called.
    public struct Tools: Sendable {
        public var delimiters: Delimiters
        /// What the arguments of each must be, by its name. There is at least one.
        public var arguments: [(name: String, constraint: Constraint)]
        /// Whether the answer must be calls.
        public var isRequired = false
        /// Whether more than one call may come.
        public var isParallel = true

        public init(_ delimiters: Delimiters, arguments: [(name: String, constraint: Constraint)]) {
            (self.delimiters, self.arguments) = (delimiters, arguments)
        }
    }

    /// What is around a thought that may come first; nil if none may.
    public var thought: Delimiters?
    /// What the text must be; nil for any text.
    public var content: Constraint?
    /// The tools that may be called; nil for none.
    public var tools: Tools?

    /// Any text.
    public init() {}
}

extension Constraint {
    /// Compiles a whole reply.
    ///
    /// - Throws: `ConstraintError`.
    public convenience init(reply: ReplyGrammar) throws(ConstraintError) {
        var builder = ReplyGrammarBuilder()
        try self.init(builder.rules(of: reply))
    }
}
