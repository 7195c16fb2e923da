internal import MartletJSON

extension ConstraintSource {
    /// The source as bytes, in which two sources differ if they may differ in what they permit or prefer: in the order of
    /// members, or in the encoding of a character.
    package var key: [UInt8] {
        switch kind {
        case .regex(let pattern): Array("regex:\(pattern)".utf8)
        case .choices(let choices): Array("choices:\(JSONValue.array(choices.map(JSONValue.string)))".utf8)
        case .gbnf(let grammar): Array("gbnf:\(grammar)".utf8)
        case .jsonSchema(let schema, let whitespace):
            Array("schema:\(whitespace == .none ? "compact" : "spaced"):\(schema)".utf8)
        }
    }
}
