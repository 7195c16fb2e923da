import Martlet
import MartletJSON
import MartletOpenAI
import Testing

/// What requests demand of the generated text, of chats and completions alike.
struct StructuredOutputTests {
    private static let schema: JSONValue = ["type": "object", "properties": ["a": ["type": "integer"]]]

    private func outputs(_ fields: JSONObject) throws(OpenAIError) -> [StructuredOutput?] {
        [try chat(fields, .responseFormat).structuredOutput, try completion(fields, .responseFormat).structuredOutput]
    }

    /// Expects of both endpoints the same demand.
    private func expect(
        _ fields: JSONObject, _ source: ConstraintSource?, by param: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for output in try outputs(fields) {
            #expect(output?.source == source, sourceLocation: sourceLocation)
            #expect(output?.param == param, sourceLocation: sourceLocation)
            #expect(output?.compiled == nil, sourceLocation: sourceLocation)
        }
    }

    private func fault(_ fields: JSONObject) -> Fault? {
        let faults = [
            MartletTests.fault { () throws(OpenAIError) in try chat(fields, .responseFormat) },
            MartletTests.fault { () throws(OpenAIError) in try completion(fields, .responseFormat) },
        ]
        #expect(faults[0] == faults[1])
        return faults[0]
    }

    private func message(_ fields: JSONObject) -> String? {
        #expect(throws: OpenAIError.self) { try chat(fields, .responseFormat) }?.message
    }

    // MARK: response_format

    @Test func `text, any JSON object and a schema are formats`() throws {
        try expect(["response_format": ["type": "text"]], nil)
        try expect(["response_format": ["type": "json_object"]], .jsonObject, by: "response_format")
        let named: JSONValue = ["name": "s", "description": "d", "schema": Self.schema]
        try expect(
            ["response_format": ["type": "json_schema", "json_schema": named]], .jsonSchema(Self.schema),
            by: "response_format")
        try expect(
            ["response_format": ["type": "json_schema", "json_schema": ["name": "s", "strict": .null]]],
            .jsonSchema([:]), by: "response_format")
    }

    @Test func `llama.cpp's schema of a JSON object holds`() throws {
        try expect(
            ["response_format": ["type": "json_object", "schema": Self.schema]], .jsonSchema(Self.schema),
            by: "response_format")
        #expect(
            fault(["response_format": ["type": "json_object", "schema": "x"]]) == .invalid("response_format.schema"))
    }

    @Test func `each invalid member of a format is a 400 with its path`() {
        func format(_ value: JSONValue) -> Fault? { fault(["response_format": value]) }
        for value in ["text", 1, []] as [JSONValue] { #expect(format(value) == .invalid("response_format")) }
        #expect(format([:]) == .missing("response_format.type"))
        for type in ["xml", "", 1] as [JSONValue] {
            #expect(format(["type": type]) == .invalid("response_format.type"))
        }
        #expect(format(["type": "structural_tag", "format": [:]]) == .unsupported("response_format.type"))
        func schema(_ schema: JSONValue) -> Fault? { format(["type": "json_schema", "json_schema": schema]) }
        #expect(format(["type": "json_schema"]) == .missing("response_format.json_schema"))
        #expect(schema("x") == .invalid("response_format.json_schema"))
        #expect(schema([:]) == .missing("response_format.json_schema.name"))
        #expect(schema(["name": ""]) == .invalid("response_format.json_schema.name"))
        #expect(schema(["name": "s", "schema": "x"]) == .invalid("response_format.json_schema.schema"))
        #expect(schema(["name": "s", "strict": 1]) == .invalid("response_format.json_schema.strict"))
    }

    // MARK: vLLM's and llama.cpp's parameters

    @Test func `structured_outputs has exactly one demand, by the name of its member`() throws {
        func expect(
            _ members: JSONObject, _ source: ConstraintSource, by name: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            try self.expect(
                ["structured_outputs": .object(members)], source, by: "structured_outputs.\(name)",
                sourceLocation: sourceLocation)
        }
        try expect(["json": Self.schema], .jsonSchema(Self.schema), by: "json")
        try expect(["json": .string("\(Self.schema)"), "regex": .null], .jsonSchema(Self.schema), by: "json")
        try expect(["regex": "[0-9]+"], .regex("[0-9]+"), by: "regex")
        try expect(["choice": ["a", ""], "json_object": false], .choices(["a", ""]), by: "choice")
        try expect(["grammar": "root ::= \"a\""], .gbnf("root ::= \"a\""), by: "grammar")
        try expect(["json_object": true], .jsonObject, by: "json_object")
        try expect(
            ["json_object": true, "disable_any_whitespace": true],
            .jsonSchema(["type": "object"], whitespace: .none), by: "json_object")
        try self.expect(["structured_outputs": [:]], nil)
        try self.expect(["structured_outputs": ["json": .null]], nil)
    }

    @Test func `disable_additional_properties closes every object of a schema, and nothing else`() throws {
        let schema: JSONValue = [
            "properties": ["properties": ["properties": ["x": ["const": ["properties": [:]]]]], "open": [:]],
            "items": [["patternProperties": ["a": [:]]]],
            "anyOf": [["properties": [:], "additionalProperties": true]], "enum": [["properties": [:]]],
        ]
        let closed: JSONValue = [
            "properties": [
                "properties": ["properties": ["x": ["const": ["properties": [:]]]], "additionalProperties": false],
                "open": [:],
            ],
            "items": [["patternProperties": ["a": [:]], "additionalProperties": false]],
            "anyOf": [["properties": [:], "additionalProperties": true]], "enum": [["properties": [:]]],
            "additionalProperties": false,
        ]
        try expect(
            ["structured_outputs": ["json": schema, "disable_additional_properties": true]], .jsonSchema(closed),
            by: "structured_outputs.json")
        try expect(
            ["structured_outputs": ["json": schema, "disable_additional_properties": false]], .jsonSchema(schema),
            by: "structured_outputs.json")
    }

    @Test func `each invalid member of structured_outputs is a 400 with its path`() {
        func outputs(_ members: JSONValue) -> Fault? { fault(["structured_outputs": members]) }
        for value in ["x", 1, []] as [JSONValue] { #expect(outputs(value) == .invalid("structured_outputs")) }
        #expect(outputs(["disable_any_whitespace": true]) == .invalid("structured_outputs"))
        #expect(outputs(["regex": "a", "choice": ["a"]]) == .invalid("structured_outputs"))
        for (name, value) in [
            ("json", 1), ("json", "{"), ("json", "[]"), ("regex", 1), ("regex", ""), ("choice", "a"), ("choice", []),
            ("grammar", [:]), ("json_object", 1),
        ] as [(String, JSONValue)] {
            #expect(outputs(.object([name: value])) == .invalid("structured_outputs.\(name)"), "\(name) \(value)")
        }
        #expect(outputs(["choice": ["a", 1]]) == .invalid("structured_outputs.choice[1]"))
        #expect(
            outputs(["regex": "a", "disable_any_whitespace": 1])
                == .invalid("structured_outputs.disable_any_whitespace"))
        for name in ["structural_tag", "whitespace_pattern"] {
            #expect(outputs(.object(["regex": "a", name: "x"])) == .unsupported("structured_outputs.\(name)"))
        }
        #expect(
            outputs(["regex": "a", "regexp": "b"]) == .badRequest("unknown_parameter", "structured_outputs.regexp"))
        let sentence =
            "`structured_outputs` must have exactly one of `json`, `regex`, `choice`, `grammar` and `json_object`"
        #expect(
            message(["structured_outputs": ["regex": "a", "choice": ["a"]]])
                == "\(sentence), but it has `structured_outputs.regex` and `structured_outputs.choice`.")
    }

    @Test func `the older and llama.cpp's parameters mean the same`() throws {
        try expect(["guided_json": Self.schema], .jsonSchema(Self.schema), by: "guided_json")
        try expect(["guided_json": .string("\(Self.schema)")], .jsonSchema(Self.schema), by: "guided_json")
        try expect(["guided_regex": "a|b"], .regex("a|b"), by: "guided_regex")
        try expect(["guided_choice": ["a", "b"]], .choices(["a", "b"]), by: "guided_choice")
        try expect(["guided_grammar": "root ::= \"a\""], .gbnf("root ::= \"a\""), by: "guided_grammar")
        try expect(["guided_choice": [], "guided_decoding_backend": "xgrammar"], nil)
        try expect(["json_schema": Self.schema], .jsonSchema(Self.schema), by: "json_schema")
        try expect(["grammar": "root ::= \"a\"", "grammar_lazy": false], .gbnf("root ::= \"a\""), by: "grammar")
        try expect(["grammar": "", "grammar_triggers": []], nil)
    }

    @Test func `each invalid value of those is a 400 with its name`() {
        for (name, value) in [
            ("guided_json", 1), ("guided_json", "x"), ("guided_regex", 1), ("guided_regex", ""), ("guided_choice", "a"),
            ("guided_grammar", [:]), ("json_schema", "{}"), ("grammar", 1),
        ] as [(String, JSONValue)] {
            #expect(fault([name: value]) == .invalid(name), "\(name) \(value)")
        }
        #expect(fault(["guided_choice": ["a", 1]]) == .invalid("guided_choice[1]"))
        for (name, value) in [
            ("guided_whitespace_pattern", " ?"), ("grammar_lazy", true), ("grammar_triggers", [["type": 1]]),
        ] as [(String, JSONValue)] {
            #expect(fault([name: value]) == .unsupported(name), "\(name)")
        }
    }

    @Test(
        arguments: [
            ("response_format", ["type": "json_object"]), ("structured_outputs", ["regex": "a"]),
            ("guided_json", ["type": "object"]), ("guided_regex", "a"), ("guided_choice", ["a"]),
            ("guided_grammar", "root ::= \"a\""), ("json_schema", ["type": "object"]),
            ("grammar", "root ::= \"a\""),
        ] as [(String, JSONValue)])
    func `every demand needs the capability, and says so by its own name`(name: String, value: JSONValue) {
        let fields: JSONObject = [name: value]
        #expect(MartletTests.fault { () throws(OpenAIError) in try chat(fields) } == .unsupported(name))
        #expect(MartletTests.fault { () throws(OpenAIError) in try completion(fields) } == .unsupported(name))
    }

    // MARK: Contradictions

    @Test func `two demands are a 400 that names both`() {
        #expect(
            message(["response_format": ["type": "json_object"], "guided_regex": "a"])
                == "`response_format` and `guided_regex` both say what the text must be; leave one of them out.")
        #expect(
            message(["grammar": "root ::= \"a\"", "structured_outputs": ["choice": ["a"]]])
                == "`grammar` and `structured_outputs.choice` both say what the text must be; leave one of them out.")
        #expect(fault(["json_schema": [:], "guided_json": [:]]) == .invalid("guided_json"))
        #expect(fault(["response_format": ["type": "text"], "guided_regex": "a", "grammar": ""]) == nil)
    }

    @Test func `a demand and a required call are a 400 that names both`() throws {
        let tools: JSONValue = [["type": "function", "function": ["name": "f"]]]
        let capabilities: Capabilities = [.responseFormat, .tools, .toolChoice]
        let allowed: JSONValue = ["mode": "required", "tools": [["type": "function", "function": ["name": "f"]]]]
        for choice in [
            "required", ["type": "function", "function": ["name": "f"]],
            ["type": "allowed_tools", "allowed_tools": allowed],
        ] as [JSONValue] {
            let fields: JSONObject = ["tools": tools, "tool_choice": choice, "guided_regex": "a"]
            let error = #expect(throws: OpenAIError.self) { try chat(fields, capabilities) }
            #expect(error?.status == 400)
            #expect(error?.param == "guided_regex")
            #expect(error?.message.hasPrefix("`guided_regex` and a `tool_choice` that requires a call") == true)
        }
        for choice in ["auto", "none", .null] as [JSONValue] {
            let fields: JSONObject = ["tools": tools, "tool_choice": choice, "guided_regex": "a"]
            #expect(try chat(fields, capabilities).structuredOutput?.source == .regex("a"))
        }
    }

    @Test func `the continued text is that of a last message that is continued`() throws {
        let messages: JSONValue = [["role": "user", "content": "a"], ["role": "assistant", "content": "{\"b"]]
        #expect(try chat(["messages": messages]).continuedText == "{\"b")
        #expect(try chat(["messages": messages, "add_generation_prompt": true]).continuedText == nil)
        #expect(try chat().continuedText == nil)
    }
}
