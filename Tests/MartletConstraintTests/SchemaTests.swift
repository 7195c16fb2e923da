import MartletJSON
import Testing

@testable import MartletConstraint

/// What schemas permit, text by text.
struct SchemaTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let schema: String
        let accepted: [String]
        let refused: [String]

        var testDescription: String { schema }

        init(_ schema: String, accepts accepted: [String] = [], refuses refused: [String] = []) {
            (self.schema, self.accepted, self.refused) = (schema, accepted, refused)
        }
    }

    private static func constraint(_ schema: String) throws -> Constraint {
        try Constraint(.jsonSchema(try JSONValue(parsing: Array(schema.utf8))))
    }

    private func check(_ test: Case) throws {
        let constraint = try Self.constraint(test.schema)
        for text in test.accepted { #expect(try constraint.accepts(text), "\(text)") }
        for text in test.refused { #expect(try !constraint.accepts(text), "\(text)") }
    }

    @Test(arguments: [
        Case("true", accepts: ["null", "[1,{\"a\":true}]", "\"é\"", "-1.5e+10"], refuses: ["", "nul", "[1,]", " 1"]),
        Case(#"{"type":"null"}"#, accepts: ["null"], refuses: ["true", "0", "\"null\""]),
        Case(#"{"type":["boolean","null"]}"#, accepts: ["null", "true", "false"], refuses: ["1"]),
        Case(
            #"{"enum":["a",1,null,{"b":[1,2],"a":"x"}]}"#,
            accepts: ["\"a\"", "1", "null", #"{"b":[1,2],"a":"x"}"#, #"{"b": [1, 2], "a": "x"}"#],
            refuses: ["1.0", "\"b\"", #"{"a":"x","b":[1,2]}"#]),
        Case(#"{"const":1.0}"#, accepts: ["1"], refuses: ["1.0", "2"]),
        Case(#"{"enum":[1,"a",2.5],"type":"integer"}"#, accepts: ["1"], refuses: ["\"a\"", "2.5"]),
        Case(#"{"enum":["é","é"]}"#, accepts: ["\"é\"", "\"é\""], refuses: ["\"e\""]),
    ]) func `types and lists of values`(_ test: Case) throws { try check(test) }

    @Test(arguments: [
        Case(
            #"{"type":"string"}"#,
            accepts: [#""""#, #""\"\\\b\f\n\r\t\u0000\u001f\u007f""#, "\"\u{10FFFF}\""],
            refuses: [#""\/""#, #""\u0041""#, "\"\u{7F}\"", "\"\n\"", #""\u001F""#, "'a'"]),
        Case(
            #"{"type":"string","minLength":2,"maxLength":3}"#,
            accepts: [#""éé""#, #""a\n\"""#, "\"\u{10FFFF}aa\""], refuses: [#""é""#, #""aaaa""#]),
        Case(#"{"type":"string","pattern":"b+"}"#, accepts: [#""abba""#, #""b""#], refuses: [#""aca""#, "1"]),
        Case(#"{"type":"string","pattern":"^b","maxLength":2}"#, accepts: [#""b""#, #""ba""#], refuses: [#""baa""#]),
        Case(#"{"pattern":"^b$"}"#, accepts: [#""b""#, "1", "null"], refuses: [#""bb""#]),
        Case(#"{"type":"string","format":"date"}"#, accepts: [#""2024-02-29""#], refuses: [#""2023-02-29""#]),
        Case(
            #"{"type":"string","allOf":[{"pattern":"a"},{"pattern":"b"}]}"#, accepts: [#""xbxa""#], refuses: [#""a""#]),
        Case(
            #"{"type":"string","not":{"enum":["a","b"]}}"#, accepts: [#""c""#, #""ab""#], refuses: [#""a""#, #""b""#]),
        Case(#"{"type":"string","not":{"pattern":"a"}}"#, accepts: [#""""#, #""b""#], refuses: [#""ba""#]),
    ]) func `strings`(_ test: Case) throws { try check(test) }

    @Test(arguments: [
        Case(
            #"{"type":"integer"}"#, accepts: ["0", "-0", "-12"],
            refuses: ["1.0", "01", "1e3", "+1", "12345678901234567"]),
        Case(#"{"type":"number"}"#, accepts: ["1.5", "1e3", "-0.25E-10"], refuses: [".5", "1.", "1e123"]),
        Case(
            #"{"type":"integer","minimum":-2,"exclusiveMaximum":3}"#,
            accepts: ["-2", "0", "2"], refuses: ["-3", "3", "10"]),
        Case(
            #"{"type":"number","multipleOf":0.25,"minimum":0,"maximum":2}"#,
            accepts: ["0", "0.25", "0.250", "1.75", "2"], refuses: ["0.2", "0.251", "2.25", "1e0"]),
        Case(
            #"{"type":"integer","multipleOf":7,"minimum":10,"maximum":30}"#,
            accepts: ["14", "21", "28"], refuses: ["7", "10", "35"]),
        Case(#"{"type":"number","not":{"const":5}}"#, accepts: ["4", "5.5"], refuses: ["5", "5.0", "5.00"]),
        Case(#"{"type":"number","not":{"type":"integer"}}"#, accepts: ["5.5"], refuses: ["5", "5.0"]),
        Case(#"{"type":"number","not":{"minimum":3}}"#, accepts: ["2.9", "-5"], refuses: ["3", "4"]),
    ]) func `numbers`(_ test: Case) throws { try check(test) }

    @Test(arguments: [
        Case(#"{"type":"object"}"#, accepts: ["{}", #"{"a":1,"b":[{}]}"#], refuses: ["[]", #"{"a"}"#, #"{"a":1,}"#]),
        Case(
            #"{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"string"}},"required":["a"]}"#,
            accepts: [#"{"a":""}"#, #"{"b":1,"a":""}"#, #"{"b": 1, "a": "", "z": null}"#],
            refuses: ["{}", #"{"a":"","b":1}"#, #"{"b":1}"#, #"{"a":1}"#, #"{"a":"","a":""}"#, #"{"a":"",  "z":1}"#]),
        Case(
            #"{"type":"object","properties":{"a":{}},"required":["c","a"],"additionalProperties":false}"#,
            refuses: ["{}", #"{"a":1}"#]),
        Case(
            #"{"type":"object","properties":{"a":{}},"required":["c","a"]}"#,
            accepts: [#"{"a":1,"c":2}"#], refuses: [#"{"c":2,"a":1}"#]),
        Case(
            #"{"type":"object","additionalProperties":{"type":"integer"},"minProperties":1,"maxProperties":2}"#,
            accepts: [#"{"a":1}"#, #"{"a":1,"b":2}"#], refuses: ["{}", #"{"a":""}"#, #"{"a":1,"b":2,"c":3}"#]),
        Case(
            #"{"type":"object","properties":{"a":{},"b":{},"c":{}},"additionalProperties":false,"minProperties":2}"#,
            accepts: [#"{"a":1,"b":1}"#, #"{"b":1,"c":1}"#, #"{"a":1,"b":1,"c":1}"#],
            refuses: ["{}", #"{"a":1}"#, #"{"c":1}"#]),
        Case(
            #"{"type":"object","properties":{"a":{},"b":{},"c":{}},"additionalProperties":false,"maxProperties":1}"#,
            accepts: ["{}", #"{"a":1}"#, #"{"c":1}"#], refuses: [#"{"a":1,"b":1}"#]),
        Case(
            #"{"patternProperties":{"^i":{"type":"integer"},"x$":{"maximum":5}},"additionalProperties":false,"#
                + #""type":"object"}"#,
            accepts: [#"{"i":9}"#, #"{"x":"s"}"#, #"{"ix":5,"iy":6,"ax":5}"#], refuses: [#"{"ix":6}"#, #"{"a":1}"#]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"integer"}},"patternProperties":{"^[ab]$":{"minimum":3}},"#
                + #""additionalProperties":{"type":"null"}}"#,
            accepts: [#"{"a":3,"b":"x","c":null}"#, #"{"b":4}"#], refuses: [#"{"a":2}"#, #"{"b":2}"#, #"{"c":1}"#]),
        Case(
            #"{"type":"object","properties":{"é\"":{"type":"null"}},"additionalProperties":false}"#,
            accepts: [#"{"é\"":null}"#], refuses: [#"{"\u00e9\"":null}"#, #"{"é":null}"#]),
        Case(
            #"{"type":"object","properties":{"x":{}},"patternProperties":{"^[a-z][a-c]$":{"type":"null"}},"#
                + #""additionalProperties":false,"minProperties":79}"#, refuses: ["{}", #"{"aa":null}"#]),
        Case(
            #"{"allOf":[{"type":"object","properties":{"a":{"minimum":1}}},{"properties":{"a":{"type":"integer"}},"#
                + #""additionalProperties":false}]}"#,
            accepts: [#"{"a":1}"#, "{}"], refuses: [#"{"a":0}"#, #"{"a":1.5}"#, #"{"b":1}"#]),
    ]) func `objects`(_ test: Case) throws {
        if test.schema.contains(#"["c","a"],"additionalProperties":false"#) {
            #expect(throws: ConstraintError.self) { try Self.constraint(test.schema) }
        } else {
            try check(test)
        }
    }

    @Test(arguments: [
        Case(#"{"type":"array"}"#, accepts: ["[]", "[1, [], {}]"], refuses: ["[1 ,2]", "[,]"]),
        Case(
            #"{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":3}"#,
            accepts: ["[1,2]", "[1,2,3]"], refuses: ["[1]", "[1,2,3,4]", "[1,\"\"]"]),
        Case(
            #"{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":{"type":"null"}}"#,
            accepts: ["[]", "[1]", "[1,\"\"]", "[1,\"\",null,null]"], refuses: ["[\"\"]", "[1,\"\",1]"]),
        Case(
            #"{"type":"array","prefixItems":[{"type":"integer"}],"items":false,"minItems":1}"#,
            accepts: ["[1]"], refuses: ["[]", "[1,2]"]),
        Case(
            #"{"type":"array","items":{"enum":["a","b","c"]},"uniqueItems":true,"minItems":1}"#,
            accepts: [#"["a"]"#, #"["c","a","b"]"#, #"["b", "a"]"#],
            refuses: ["[]", #"["a","a"]"#, #"["a","b","a"]"#, #"["a","b","c",]"#]),
        Case(
            #"{"type":"array","items":{"type":"boolean"},"uniqueItems":true}"#,
            accepts: ["[]", "[true,false]"], refuses: ["[true,true]"]),
        Case(
            #"{"type":"array","items":{"type":"integer","minimum":-1,"maximum":1},"uniqueItems":true}"#,
            accepts: ["[0,1,-1]", "[-0]"], refuses: ["[0,-0]"]),
        Case(
            #"{"type":"array","items":{"type":"number","multipleOf":0.5,"minimum":0,"maximum":1},"uniqueItems":true}"#,
            accepts: ["[0,0.5,1.0]"], refuses: ["[0,0.0]", "[0.5,0.50]"]),
        Case(
            #"{"type":"array","items":{"enum":[[1,2],{"a":1}]},"uniqueItems":true}"#,
            accepts: [#"[[1, 2], {"a": 1}]"#], refuses: ["[[1,2],[1, 2]]", #"[{"a":1}, {"a": 1}]"#]),
        Case(
            #"{"type":"array","items":{"type":"array","items":{"enum":[1,2]},"maxItems":1},"uniqueItems":true}"#,
            accepts: ["[[],[1],[2]]"], refuses: ["[[1],[1]]", "[[],[]]"]),
        Case(
            #"{"type":"array","items":{"enum":[1,2]},"anyOf":[{"maxItems":1},{"uniqueItems":true}]}"#,
            accepts: ["[1]", "[1,2]"], refuses: ["[1,1]"]),
    ]) func `arrays`(_ test: Case) throws { try check(test) }

    @Test(arguments: [
        Case(
            ##"{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"},"##
                + ##""v":{"type":"integer"}},"required":["v"],"additionalProperties":false}}}"##,
            accepts: [##"{"v":1}"##, ##"{"next":{"next":{"v":1},"v":2},"v":3}"##],
            refuses: ["{}", ##"{"next":{},"v":1}"##]),
        Case(
            ##"{"anyOf":[{"type":"integer"},{"type":"array","items":{"$ref":"#"}}]}"##,
            accepts: ["1", "[1,[2,[]]]"], refuses: ["[\"\"]"]),
        Case(
            ##"{"oneOf":[{"type":"integer","minimum":2},{"type":"integer","maximum":4}]}"##,
            accepts: ["1", "5"], refuses: ["2", "3", "4"]),
        Case(
            ##"{"oneOf":[{"type":"object","properties":{"k":{"const":"a"},"x":{"type":"integer"}},"required":["k"]},"##
                + ##"{"type":"object","properties":{"k":{"const":"b"},"x":{"type":"string"}},"required":["k"]}]}"##,
            accepts: [##"{"k":"a","x":1}"##, ##"{"k":"b","x":""}"##], refuses: [##"{"k":"a","x":""}"##, "{}"]),
        Case(
            ##"{"type":"object","properties":{"k":{"enum":["a","b"]},"v":{}},"required":["k","v"],"##
                + ##""if":{"properties":{"k":{"const":"a"}},"required":["k"]},"then":{"properties":{"v":{"type":"integer"}}},"##
                + ##""else":{"properties":{"v":{"type":"string"}}}}"##,
            accepts: [##"{"k":"a","v":1}"##, ##"{"k":"b","v":""}"##],
            refuses: [##"{"k":"a","v":""}"##, ##"{"k":"b","v":1}"##]),
        Case(##"{"$ref":"#/definitions/a~1b%20c","definitions":{"a/b c":{"type":"null"}}}"##, accepts: ["null"]),
        Case(##"{"$ref":"#n","$defs":{"a":{"$anchor":"n","type":"null"}}}"##, accepts: ["null"], refuses: ["1"]),
        Case(
            ##"{"$id":"https://x.y/z","$ref":"https://x.y/z#/$defs/a","$defs":{"a":{"type":"null"}}}"##,
            accepts: ["null"]),
    ]) func `references and alternatives`(_ test: Case) throws { try check(test) }

    @Test(arguments: [
        (##"{"type":"object","properties":{"a":{"contains":{}}}}"##, "/properties/a/contains", "unsupported"),
        (##"{"properties":{"a":{"format":"regex"}}}"##, "/properties/a/format", "unsupported"),
        (##"{"$ref":"https://example.com/schema"}"##, "/$ref", "unsupported"),
        (##"{"$ref":"#/$defs/x"}"##, "/$ref", "malformed"),
        (##"{"anyOf":[{"$ref":"#"},{"type":"null"}]}"##, "", "malformed"),
        (##"{"type":"strnig"}"##, "/type", "malformed"),
        (##"{"items":[{}]}"##, "/items", "malformed"),
        (##"{"pattern":"("}"##, "/pattern", "malformed"),
        (##"{"pattern":"(a)\\1"}"##, "/pattern", "unsupported"),
        (
            ##"{"oneOf":[{"type":"object"},{"properties":{"a":{"items":{}}}}]}"##, "/oneOf/1/properties/a/items",
            "unsupported"
        ),
        (##"{"type":"array","uniqueItems":true}"##, "/uniqueItems", "unsupported"),
        (
            ##"{"type":"array","items":{"type":"array","maxItems":1},"uniqueItems":true}"##, "/uniqueItems",
            "unsupported"
        ),
        (##"{"type":"array","items":{"$ref":"#"},"uniqueItems":true}"##, "/uniqueItems", "unsupported"),
        (##"{"maxLength":10001}"##, "/maxLength", "too_complex"),
        (##"{"type":"integer","minimum":1,"maximum":0}"##, "", "unsatisfiable"),
        (
            ##"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"enum":[1],"type":"string"}},"##
                + ##""required":["b"]}},"required":["a"]}"##, "/properties/a/properties/b", "unsatisfiable"
        ),
        (##"{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}"##, "/properties/a", "unsatisfiable"),
        ("false", "", "unsatisfiable"),
        (##"{"type":"object","properties":{"a":false},"required":["a"]}"##, "", "unsatisfiable"),
        (##"{"not":{"anyOf":[{"properties":{"b":false}},{"not":{"properties":{"b":false}}}]}}"##, "", "unsatisfiable"),
        (
            ##"{"type":"object","patternProperties":{"^[ab]{7}$":{"type":"null"},"^[cd]{7}$":{"minimum":3,"##
                + ##""maximum":2,"type":"integer"}},"additionalProperties":false,"minProperties":129}"##, "",
            "unsatisfiable"
        ),
        ("1", "", "malformed"),
        (##"{"minLength":-1}"##, "/minLength", "malformed"),
        (##"{"required":"a"}"##, "/required", "malformed"),
    ]) func `what cannot be obeyed is refused at its place`(_ schema: String, _ pointer: String, _ kind: String) throws
    {
        let error = #expect(throws: ConstraintError.self) { try Self.constraint(schema) }
        #expect(error?.pointer == pointer)
        #expect(error?.kind.name == kind, "\(error?.message ?? "")")
    }

    // MARK: Hostile schemas

    /// Schemas of which each refers to the next, `link(number)`.
    private static func chain(_ count: Int, _ link: (Int) -> String) -> String {
        let definitions = (0..<count).map { "\"\($0)\":\(link($0 + 1))" } + ["\"\(count)\":{\"type\":\"integer\"}"]
        return ##""$ref":"#/$defs/0","$defs":{"## + definitions.joined(separator: ",") + "}"
    }

    private static func reference(_ number: Int) -> String { ##"{"$ref":"#/$defs/\##(number)"}"## }

    @Test func `schemas that would take too much are refused, or compiled`() throws {
        let doubling = Self.chain(40) { "{\"allOf\":[\(Self.reference($0)),\(Self.reference($0))]}" }
        let properties = (0..<60_000).map { "\"k\($0)\":{}" }.joined(separator: ",")
        let ranges = (0..<1000).map { "{\"type\":\"integer\",\"minimum\":\($0),\"maximum\":\($0)}" }
        for schema in [
            "{\(Self.chain(8000, Self.reference))}", "{\"const\":1,\(Self.chain(1000, Self.reference))}",
            "{\(doubling)}", "{\"const\":1,\(doubling)}", "{\"type\":\"object\",\"properties\":{\(properties)}}",
            "{\"not\":{\(doubling)}}".replacing("#/$defs", with: "#/not/$defs"),
            "{\"oneOf\":[\(ranges.joined(separator: ","))]}",
        ] {
            do {
                _ = try Self.constraint(schema)
            } catch let error as ConstraintError {
                #expect(error.kind == .tooComplex, "\(schema.prefix(80)): \(error.message)")
            }
        }
    }

    @Test func `anchors and names are compared byte by byte`() throws {
        let schema =
            ##"{"type":"array","prefixItems":[{"$ref":"#%C3%A9"},{"$ref":"#e%CC%81"}],"minItems":2,"items":false,"##
            + ##""$defs":{"x":{"$anchor":"\u00e9","type":"null"},"y":{"$anchor":"e\u0301","type":"boolean"}}}"##
        try check(Case(schema, accepts: ["[null,true]"], refuses: ["[null,null]", "[true,null]"]))
    }
}
