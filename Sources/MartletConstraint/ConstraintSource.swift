public import MartletJSON

/// What a text must be, as a request says it.
public struct ConstraintSource: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case regex(String)
        case choices([String])
        case gbnf(String)
        case jsonSchema(JSONValue, JSONWhitespace)
    }

    let kind: Kind

    /// The texts that match a regular expression of ECMA-262 as a whole.
    public static func regex(_ pattern: String) -> ConstraintSource { ConstraintSource(kind: .regex(pattern)) }

    /// One of some texts.
    public static func choices(_ texts: [String]) -> ConstraintSource { ConstraintSource(kind: .choices(texts)) }

    /// The texts of a context-free grammar in the notation of llama.cpp, GBNF. The start is the rule `root`. Left recursion
    /// is not supported, as there.
    public static func gbnf(_ grammar: String) -> ConstraintSource { ConstraintSource(kind: .gbnf(grammar)) }

    /// The values of a JSON Schema (2020-12) in the one spelling that Martlet permits.
    public static func jsonSchema(
        _ schema: JSONValue, whitespace: JSONWhitespace = .optional
    ) -> ConstraintSource { ConstraintSource(kind: .jsonSchema(schema, whitespace)) }

    /// Any JSON object.
    public static let jsonObject = jsonSchema(["type": "object"])
}

/// The white space in generated JSON.
public struct JSONWhitespace: Sendable, Hashable {
    /// Whether one space may follow each `,` and `:`.
    let isPermitted: Bool

    /// None.
    public static let none = JSONWhitespace(isPermitted: false)
    /// At most one space after each `,` and `:`.
    public static let optional = JSONWhitespace(isPermitted: true)
}
