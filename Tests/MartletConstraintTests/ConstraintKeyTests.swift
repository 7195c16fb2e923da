import MartletConstraint
import MartletJSON
import Testing

struct ConstraintKeyTests {
    @Test func `sources that mean the same have the same key`() throws {
        #expect(ConstraintSource.regex("a").key == ConstraintSource.regex("a").key)
        let schema = try JSONValue(parsing: Array(#"{ "a" : 1 }"#.utf8))
        #expect(ConstraintSource.jsonSchema(schema).key == ConstraintSource.jsonSchema(["a": 1]).key)
    }

    @Test func `a source returns what it was made of`() {
        let sources: [ConstraintSource] = [.jsonSchema([:]), .regex("a"), .choices(["b"]), .gbnf("c")]
        #expect(sources.map(\.schema) == [[:], nil, nil, nil])
        #expect(sources.map(\.pattern) == [nil, "a", nil, nil])
        #expect(sources.map(\.texts) == [nil, nil, ["b"], nil])
        #expect(sources.map(\.grammar) == [nil, nil, nil, "c"])
    }

    @Test func `sources that may mean different things have different keys`() {
        let composed = "\u{E9}"
        let decomposed = "e\u{301}"
        let sources: [ConstraintSource] = [
            .regex("a"), .gbnf("a"), .choices(["a"]), .choices(["a", "b"]), .choices([#"a","b"#]), .choices([]),
            .choices([""]), .regex(composed), .regex(decomposed), .jsonSchema(["a": 1, "b": 2]),
            .jsonSchema(["b": 2, "a": 1]), .jsonSchema(["a": 1.0, "b": 2]), .jsonSchema([:]),
            .jsonSchema([:], whitespace: .none),
        ]
        #expect(composed == decomposed)
        #expect(Set(sources.map(\.key)).count == sources.count)
    }
}
