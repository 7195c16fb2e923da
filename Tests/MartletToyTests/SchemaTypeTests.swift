import MartletJSON
import Testing

@testable import MartletToy

/// The size of types. What they are for each schema is in Tests/Fixtures/toy/template.json.
struct SchemaTypeTests {
    private let names = ["a", "b", "c", "d", "e", "f"]

    /// Definitions that each refer to the next one.
    private func chain(_ definition: (String, JSONValue) -> JSONValue) -> JSONObject {
        var definitions = JSONObject()
        for (name, next) in zip(names, names.dropFirst()) {
            definitions[name] = definition(name, ["$ref": .string("#/$defs/\(next)")])
        }
        return ["$defs": .object(definitions), "$ref": "#/$defs/a"]
    }

    private func count(_ schema: JSONObject) -> Int { SchemaType.name(of: .object(schema)).count }

    @Test func `references to references do not multiply`() {
        let properties = chain { name, next in
            var properties = JSONObject()
            for index in 0..<100 { properties["\(name)\(index)"] = next }
            return ["properties": .object(properties)]
        }
        #expect(count(properties) < 3 * SchemaType.limit)
        let kinds = chain { _, next in
            ["type": .array(Array(repeating: "object", count: 100)), "properties": ["x": next]]
        }
        #expect(count(kinds) < 3 * SchemaType.limit)
        let options = chain { _, next in ["anyOf": .array(Array(repeating: next, count: 100))] }
        #expect(count(options) < 3 * SchemaType.limit)
    }

    @Test func `what a reference repeats is written until the limit`() {
        let long = JSONValue.object(["enum": [.string(String(repeating: "x", count: 1000))]])
        let reference: JSONValue = ["type": "array", "items": ["$ref": "#/$defs/long"]]
        var schema: JSONObject = ["$defs": ["long": long], "properties": [:]]
        var properties = JSONObject()
        for index in 0..<20 { properties["\(index)"] = reference }
        schema["properties"] = .object(properties)
        let type = SchemaType.name(of: .object(schema))
        #expect(type.hasSuffix("18?: any, 19?: any}"))
        #expect(type.count < 2 * SchemaType.limit)
    }

    @Test func `after the limit every type is any, and no name is lost`() {
        var properties = JSONObject()
        for index in 0..<10_000 { properties["name\(index)"] = ["type": "integer"] }
        let signature = SchemaType.signature(of: ["type": "object", "properties": .object(properties)])
        #expect(signature.hasPrefix("(name0?: integer, name1?: integer, "))
        #expect(signature.hasSuffix(", name9998?: any, name9999?: any)"))
    }

    @Test func `a schema is read to a depth of five`() {
        var schema: JSONValue = ["type": "null"]
        for _ in 0..<100 { schema = ["type": "array", "items": schema] }
        #expect(SchemaType.name(of: schema) == "any[][][][][][]")
        let itself: JSONValue = ["properties": ["next": ["$ref": "#"]]]
        #expect(SchemaType.name(of: itself) == "{next?: {next?: {next?: any}}}")
    }
}
