/// One text that follows a constraint, token by token. A copy is a text that has begun in the same way.
public struct Matcher: Sendable {
    let automaton: SharedAutomaton
    var position: SharedAutomaton.Position
    /// Whether an end token has been accepted.
    public private(set) var isComplete = false

    init(_ automaton: SharedAutomaton) {
        self.automaton = automaton
        position = automaton.start
    }

    /// Sets `mask` to the tokens that may come next, end tokens included. It is empty after an end token, and otherwise
    /// only if the vocabulary cannot write what must come.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    public mutating func allowed(into mask: inout TokenMask) throws(ConstraintError) {
        if isComplete { mask.removeAll() } else { mask = try automaton.allowed(at: &position) }
    }

    /// Continues with a token.
    ///
    /// - Throws: `ConstraintError` for a token that is not allowed, after which the text is as before.
    public mutating func advance(_ id: Int) throws(ConstraintError) {
        if isComplete { throw Self.notAllowed(id) }
        if automaton.vocabulary.endTokens.contains(id) {
            guard try automaton.isAccepting(at: &position) else { throw Self.notAllowed(id) }
            isComplete = true
        } else if !(try automaton.advance(&position, by: id)) {
            throw Self.notAllowed(id)
        }
    }

    /// Continues with bytes that no token of this text has written, such as the beginning of a text that is continued.
    /// Returns false, without an effect, if no text of the constraint continues so.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    public mutating func consume(_ bytes: [UInt8]) throws(ConstraintError) -> Bool {
        isComplete ? bytes.isEmpty : try automaton.consume(bytes, at: &position)
    }

    private static func notAllowed(_ id: Int) -> ConstraintError {
        ConstraintError(.malformed, "The token \(id) is not allowed here.")
    }

    /// Whether the text may end here.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    public mutating func isAccepting() throws(ConstraintError) -> Bool {
        isComplete ? true : try automaton.isAccepting(at: &position)
    }
}
