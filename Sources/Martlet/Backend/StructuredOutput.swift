public import MartletConstraint

/// What a request demands of a text that the model writes: of its choices, by `response_format` or an extension of it, or
/// of a call's arguments.
///
/// Only requests for models with the capability `responseFormat` have one for their choices.
public struct StructuredOutput: Sendable {
    /// What the text must be.
    public let source: ConstraintSource
    /// The parameter that asks for it, for errors.
    public let param: String
    /// The same, compiled. The server has compiled it before a backend is called, unless that is a `RelayingBackend`.
    public internal(set) var compiled: Constraint?

    /// - Parameter param: Such as `response_format`.
    public init(_ source: ConstraintSource, param: String) {
        self.source = source
        self.param = param
    }

    /// What `source` compiles to.
    ///
    /// - Throws: `BackendError` that names the parameter, if Martlet cannot obey it.
    public func constraint() throws(BackendError) -> Constraint {
        if let compiled { return compiled }
        do throws(ConstraintError) {
            return try Constraint(source)
        } catch {
            throw .invalidValue(param, "`\(param)` cannot be followed. \(error.message)")
        }
    }
}
