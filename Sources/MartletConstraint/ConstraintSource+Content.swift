public import MartletJSON

/// The source as it was given, for those who compile it themselves or pass it on. Exactly one of these is not nil.
extension ConstraintSource {
    /// The schema of a JSON Schema.
    public var schema: JSONValue? { if case .jsonSchema(let schema, _) = kind { schema } else { nil } }
    /// The pattern of a regular expression.
    public var pattern: String? { if case .regex(let pattern) = kind { pattern } else { nil } }
    /// The texts to choose from.
    public var texts: [String]? { if case .choices(let texts) = kind { texts } else { nil } }
    /// The grammar in GBNF.
    public var grammar: String? { if case .gbnf(let grammar) = kind { grammar } else { nil } }
}
