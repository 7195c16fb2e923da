import Martlet
import MartletJSON
import MartletOpenAI
import Testing

/// OpenAI's rules for `strict: true`, in formats and tools.
struct StrictSchemaTests {
    private static let kept: JSONValue = [
        "type": "object", "properties": ["a": ["type": "string"]], "required": ["a"], "additionalProperties": false,
    ]

    private func object(_ properties: JSONObject) -> JSONValue {
        [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.map { .string($0.key) }), "additionalProperties": false,
        ]
    }

    private func error(_ schema: JSONValue, strict: JSONValue = true) -> OpenAIError? {
        let format: JSONValue = [
            "type": "json_schema", "json_schema": ["name": "N", "schema": schema, "strict": strict],
        ]
        do throws(OpenAIError) {
            _ = try chat(["response_format": format], .responseFormat)
            return nil
        } catch {
            return error
        }
    }

    /// The rule that a schema breaks.
    private func rule(_ schema: JSONValue) -> String? {
        guard let message = error(schema)?.message else { return nil }
        let prefix = "Invalid schema for response_format 'N': "
        #expect(message.hasPrefix(prefix))
        return String(message.dropFirst(prefix.count))
    }

    @Test func `a schema that keeps the rules passes`() {
        #expect(error(Self.kept) == nil)
        let node: JSONValue = object([
            "value": ["type": ["string", "null"], "pattern": "^a", "format": "date-time", "description": "d"],
            "kind": ["enum": ["x", "y"]], "one": ["const": 1],
            "count": ["type": "number", "multipleOf": 2, "minimum": 0],
            "next": ["anyOf": [["$ref": "#/$defs/node"], ["type": "null"]]],
            "list": ["type": "array", "items": ["$ref": "#"], "minItems": 1, "maxItems": 4],
        ])
        var schema = object(["node": ["$ref": "#/$defs/node"], "odd": ["$ref": "#/definitions/a~1b~0c"]]).object ?? [:]
        schema["$defs"] = ["node": node]
        schema["definitions"] = ["a/b~c": ["type": "boolean"]]
        #expect(rule(.object(schema)) == nil)
    }

    @Test func `a format that breaks a rule gets OpenAI's error, and only with strict true`() throws {
        let open: JSONValue = ["type": "object", "properties": [:]]
        let refused = try #require(error(open))
        #expect(
            refused.message
                == "Invalid schema for response_format 'N': In context=(), 'additionalProperties' is required to be "
                + "supplied and to be false.")
        #expect((refused.status, refused.type) == (400, "invalid_request_error"))
        #expect(refused.param == "response_format")
        #expect(refused.code == nil)
        for strict in [false, .null] as [JSONValue] { #expect(error(open, strict: strict) == nil) }
    }

    @Test func `a tool that breaks a rule gets OpenAI's error, and only with strict true`() throws {
        func tools(_ strict: JSONValue) -> JSONObject {
            let g: JSONValue = [
                "type": "function", "function": ["name": "g", "parameters": ["type": "object"], "strict": strict],
            ]
            let f: JSONValue = [
                "type": "function", "function": ["name": "f", "parameters": Self.kept, "strict": true],
            ]
            let h: JSONValue = ["type": "function", "function": ["name": "h", "strict": true]]
            return ["tools": [f, h, g]]
        }
        let refused = #expect(throws: OpenAIError.self) { try chat(tools(true), .tools) }
        #expect(
            refused?.message
                == "Invalid schema for function 'g': In context=(), 'additionalProperties' is required to be supplied "
                + "and to be false.")
        #expect((refused?.status, refused?.param) == (400, "tools[2].function.parameters"))
        #expect(refused?.code == "invalid_function_parameters")
        for strict in [false, .null] as [JSONValue] {
            #expect(try chat(tools(strict), .tools).tools.map(\.strict) == [true, true, strict.bool])
        }
    }

    @Test func `a model without the capability is refused for that, not for a rule`() {
        let format: JSONValue = ["type": "json_schema", "json_schema": ["name": "N", "schema": [:], "strict": true]]
        let fault = fault { () throws(OpenAIError) in try chat(["response_format": format]) }
        #expect(fault == .unsupported("response_format"))
    }

    @Test func `the root is an object and no union`() {
        #expect(rule(["type": "array"]) == "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.")
        #expect(rule([:]) == "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'.")
        #expect(
            rule(["type": "object", "anyOf": []])
                == "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.")
    }

    @Test func `every property is required, and nothing else`() {
        let sentence = "'required' is required to be supplied and to be an array including every key in properties."
        var schema = Self.kept.object ?? [:]
        schema["required"] = nil
        #expect(rule(.object(schema)) == "In context=(), \(sentence) Missing 'a'.")
        schema["required"] = ["a", "b"]
        #expect(rule(.object(schema)) == "In context=(), \(sentence) Extra required key 'b' supplied.")
        schema["required"] = nil
        let outer = object(["x": ["anyOf": [["type": "null"], .object(schema)]]])
        #expect(rule(outer) == "In context=('properties', 'x', 'anyOf', '1'), \(sentence) Missing 'a'.")
    }

    @Test(
        arguments: [
            (["type": "string", "minLength": 1], "'minLength' is not permitted."),
            (["allOf": [[:]]], "'allOf' is not permitted."), (["not": [:]], "'not' is not permitted."),
            (["type": "array", "items": ["type": "null"], "uniqueItems": true], "'uniqueItems' is not permitted."),
            (["type": "string", "default": "a"], "'default' is not permitted."),
            (["type": "string", "format": "uri"], "'uri' is not a valid format."),
            (["description": "any"], "schema must have a 'type' key."), (true, "schema must be an object."),
            (["type": "array"], "array schema missing items."),
            (["$ref": "#", "description": "d"], "$ref cannot have keywords {'description'}."),
            (["$ref": "#/$defs/x"], "reference to component '#/$defs/x' which was not found in the schema."),
            (["$ref": 1], "reference to component '1' which was not found in the schema."),
            (["type": "object"], "'additionalProperties' is required to be supplied and to be false."),
            (["anyOf": 1], "'anyOf' must be an array of schemas."),
            (
                ["type": "object", "additionalProperties": false, "properties": 1],
                "'properties' must be an object of schemas."
            ),
        ] as [(JSONValue, String)])
    func `each rule names the place and what breaks it`(schema: JSONValue, text: String) {
        #expect(rule(object(["x": schema])) == "In context=('properties', 'x'), \(text)")
        let list = object(["l": ["type": "array", "items": schema]])
        #expect(rule(list) == "In context=('properties', 'l', 'items'), \(text)")
    }

    @Test func `definitions keep the rules too, in a cycle or not`() {
        var schema = object(["x": ["$ref": "#/$defs/d"]]).object ?? [:]
        schema["$defs"] = ["d": ["anyOf": [["$ref": "#/$defs/d"], ["type": "object"]]]]
        #expect(
            rule(.object(schema))
                == "In context=('$defs', 'd', 'anyOf', '1'), 'additionalProperties' is required to be supplied and to be "
                + "false.")
    }

    @Test func `a schema has limits in properties, depth and enum values`() {
        func properties(_ count: Int) -> JSONValue {
            var properties: JSONObject = [:]
            for index in 0..<count { properties["p\(index)"] = ["type": "null"] }
            return object(properties)
        }
        #expect(rule(properties(5_000)) == nil)
        #expect(rule(properties(5_001))?.hasPrefix("Expected at most 5000 object properties in total") == true)
        #expect(rule(properties(5_001))?.contains("but received 5001.") == true)
        func nested(_ levels: Int) -> JSONValue {
            (1..<levels).reduce(object(["a": ["type": "null"]])) { inner, _ in object(["a": inner]) }
        }
        #expect(rule(nested(10)) == nil)
        #expect(rule(nested(11)) == "11 levels of nesting exceeds limit of 10.")
        #expect(rule(nested(40)) == "40 levels of nesting exceeds limit of 10.")
        func values(_ count: Int, _ length: Int) -> JSONValue {
            object([
                "e": ["enum": .array(Array(repeating: .string(String(repeating: "x", count: length)), count: count))]
            ])
        }
        #expect(rule(values(1_000, 15)) == nil)
        #expect(rule(values(1_001, 1))?.contains("at most 1000 enum values in total") == true)
        #expect(rule(values(251, 60))?.contains("at most 15000 characters") == true)
        #expect(rule(values(250, 61)) == nil)
        #expect(rule(values(250, 480))?.contains("at most 120000 characters") == true)
    }

    @Test func `long names and deep nesting are no way to a long message or a crash`() {
        let long = String(repeating: "n", count: 10_000)
        let schema = (0..<60).reduce(["type": "?", "x": 1] as JSONValue) { inner, _ in object([long: inner]) }
        let text = rule(schema) ?? ""
        #expect(text.hasSuffix("'x' is not permitted."))
        #expect(text.utf8.count < 10_000)
    }
}
