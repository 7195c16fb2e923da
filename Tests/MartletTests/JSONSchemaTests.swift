import MartletJSON
import MartletTestSupport
import Testing

/// The check of replies against OpenAI's schema is able to fail.
struct JSONSchemaTests {
    private func faults(_ value: JSONValue, _ schema: JSONValue) -> [String] {
        let other: JSONValue = ["type": "string"]
        return JSONSchema(document: ["components": ["schemas": ["It": schema, "Other": other]]])
            .faults(of: value, as: "It")
    }

    @Test(
        arguments: [
            (["type": "string"], "x", 1), (["type": ["integer", "null"]], 1, 1.5), (["type": "integer"], 1, true),
            (["type": "array", "items": ["type": "null"]], [.null], [1]), (["enum": ["a", "b"]], "a", "c"),
            (["const": 1], 1, 2), (["$ref": "#/components/schemas/Other"], "x", 1),
            (["required": ["a"]], ["a": .null], ["b": 1]),
            (["properties": ["a": ["type": "string"]]], ["a": "x", "b": 1], ["a": 1]),
            (["properties": ["a": true], "additionalProperties": false], ["a": 1], ["b": 1]),
            (["additionalProperties": ["type": "number"]], ["b": 1], ["b": "x"]),
            (["anyOf": [["type": "string"], ["type": "null"]]], .null, 1),
            (["oneOf": [["type": "string"], ["type": "integer"]]], 1, 1.5),
            (["allOf": [["minimum": 1], ["maximum": 2]]], 2, 3), (["minItems": 1], [1], []),
            (["maxLength": 2], "é€", "abc"), (["type": "string", "nullable": true], .null, 1),
        ] as [(schema: JSONValue, good: JSONValue, bad: JSONValue)])
    func `values that match the schema pass, and others fail`(schema: JSONValue, good: JSONValue, bad: JSONValue) {
        #expect(faults(good, schema).isEmpty)
        #expect(!faults(bad, schema).isEmpty)
    }

    @Test func `an unknown keyword fails every value`() {
        #expect(!faults("x", ["pattern": ".*"]).isEmpty)
        #expect(!faults("x", ["$ref": "#/components/schemas/Nowhere"]).isEmpty)
        #expect(!JSONSchema(document: [:]).faults(of: "x", as: "It").isEmpty)
    }
}
