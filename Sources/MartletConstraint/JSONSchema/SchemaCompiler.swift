internal import MartletJSON

/// Makes the grammar of a JSON Schema.
struct SchemaCompiler {
    /// - Throws: `ConstraintError`, with a pointer to the keyword.
    static func compile(
        _ schema: JSONValue, _ whitespace: JSONWhitespace
    ) throws(ConstraintError) -> GrammarRules {
        throw ConstraintError(.unsupported, "JSON Schemas are not supported yet.", pointer: "")
    }
}
