/// A constraint that cannot be compiled, or that cannot be followed any further.
public struct ConstraintError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of fault it is.
    public struct Kind: Sendable, Hashable {
        let name: String

        /// The text is malformed.
        public static let malformed = Kind(name: "malformed")
        /// It is well-formed, and Martlet cannot obey it exactly.
        public static let unsupported = Kind(name: "unsupported")
        /// Nothing satisfies it.
        public static let unsatisfiable = Kind(name: "unsatisfiable")
        /// It needs more than the limits allow.
        public static let tooComplex = Kind(name: "too_complex")
    }

    public let kind: Kind
    /// A sentence that says what to change.
    public let message: String
    /// The part of a JSON Schema (a JSON Pointer, RFC 6901); nil in other texts.
    public let pointer: String?

    public init(_ kind: Kind, _ message: String, pointer: String? = nil) {
        (self.kind, self.message, self.pointer) = (kind, message, pointer)
    }

    /// A fault in a part of a JSON Schema.
    static func at(_ pointer: String, _ kind: Kind, _ sentence: String) -> ConstraintError {
        let place = pointer.isEmpty ? "" : "`\(pointer.shortened)`: "
        return ConstraintError(kind, place + sentence, pointer: pointer)
    }

    /// The message.
    public var description: String { message }
}

extension String {
    /// A part of a message that a client has sent, which may be long.
    fileprivate var shortened: String { utf8.count > 300 ? "\(unicodeScalars.prefix(100))…" : self }
}
