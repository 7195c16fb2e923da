internal import MartletConstraint
internal import MartletJSON
internal import MartletOpenAI

/// What a parameter demands of the generated text. Nil means nothing.
extension Field {
    /// OpenAI's `response_format`. The schema itself is not validated.
    func responseFormat() throws(OpenAIError) -> ConstraintSource? {
        _ = try object()
        let type = try required("type", "\"text\", \"json_object\" or \"json_schema\"")
        switch try type.string() {
        case "text": return nil
        // With a `schema`, as in llama.cpp, the schema holds.
        case "json_object": return try member("schema").map(Self.schema) ?? .jsonObject
        case "json_schema":
            let format = try jsonSchemaFormat()
            _ = try format.member("strict")?.bool()
            return try format.member("schema").map(Self.schema) ?? .jsonSchema([:])
        case "structural_tag":
            throw type.unsupported("Structural tags are not supported; send \"json_schema\" or `tools`.")
        default: throw type.mustBe("\"text\", \"json_object\" or \"json_schema\"")
        }
    }

    /// The `json_schema` of a `response_format`, with its name.
    private func jsonSchemaFormat() throws(OpenAIError) -> Field {
        let format = try required("json_schema", "the schema's name and the schema")
        _ = try format.object()
        _ = try format.required("name", "the schema's name").word()
        return format
    }

    /// Checks the schema of a format with `strict: true` by OpenAI's rules.
    func checkStrictFormat() throws(OpenAIError) {
        guard let format = member("json_schema"), format.value.object?["strict"] == true else { return }
        guard let fault = StrictSchema.fault(in: format.value.object?["schema"]) else { return }
        let name = format.value.object?["name"]?.string ?? ""
        throw OpenAIError(
            status: 400, message: "Invalid schema for response_format '\(name)': \(fault)", param: path)
    }

    /// A schema that is an object, such as llama.cpp's `json_schema`.
    static func schema(_ field: Field) throws(OpenAIError) -> ConstraintSource {
        .jsonSchema(.object(try field.object()))
    }

    /// vLLM's `guided_json`: a schema, or its text.
    func schemaOrText() throws(OpenAIError) -> JSONObject {
        if let schema = value.object { return schema }
        guard let text = value.string else { throw mustBe("a JSON Schema, as an object or as a string") }
        let parsed: JSONValue
        do {
            parsed = try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw invalid("`\(path)` is a string that is not valid JSON. \(error)")
        }
        guard let schema = parsed.object else {
            throw invalid(
                "`\(path)` is the text of \(Self.describe(parsed)); it must be that of a JSON Schema, an object.")
        }
        return schema
    }

    /// vLLM's `guided_choice`.
    func choices() throws(OpenAIError) -> ConstraintSource {
        let expectation = "an array of at least one string"
        var choices: [String] = []
        for choice in try elements(expectation) { choices.append(try choice.string()) }
        if choices.isEmpty { throw mustBe(expectation) }
        return .choices(choices)
    }

    /// A regular expression or a grammar.
    func pattern() throws(OpenAIError) -> String {
        let pattern = try string()
        if pattern.isEmpty { throw mustBe("a string of at least one character") }
        return pattern
    }
}

/// vLLM's `structured_outputs`.
extension Field {
    private static let kinds = ["json", "regex", "choice", "grammar", "json_object"]
    private static let refused = ["structural_tag", "whitespace_pattern"]
    private static let options = ["disable_any_whitespace", "disable_additional_properties"]

    /// The demand, and the member that makes it; nil for an empty object.
    func structuredOutputs() throws(OpenAIError) -> (source: ConstraintSource, by: Field)? {
        let members = try object().filter { !$0.value.isNull }
        if members.isEmpty { return nil }
        for (name, _) in members where !(Self.kinds + Self.options).contains(name) {
            guard let field = member(name) else { continue }
            if Self.refused.contains(name) {
                throw field.unsupported("`\(field.path)` is not supported; leave it out.")
            }
            throw .unknownParameter(
                "\(path).\(name.prefix(64))", "`\(path)` has a member that Martlet does not know; leave it out.")
        }
        let given = Self.kinds.compactMap { member($0) }.filter { $0.value != false }
        guard given.count == 1, let demand = given.first else {
            let have = given.isEmpty ? "none" : given.map { "`\($0.path)`" }.joined(separator: " and ")
            throw invalid(
                "`\(path)` must have exactly one of `json`, `regex`, `choice`, `grammar` and `json_object`, but it has "
                    + "\(have).")
        }
        return (try source(of: demand), demand)
    }

    private func source(of demand: Field) throws(OpenAIError) -> ConstraintSource {
        let whitespace: JSONWhitespace =
            try member("disable_any_whitespace")?.bool() == true ? .none : .optional
        let isClosed = try member("disable_additional_properties")?.bool() == true
        func schema(_ schema: JSONObject) -> ConstraintSource {
            let schema = JSONValue.object(schema)
            return .jsonSchema(isClosed ? ClosedSchema.closed(schema) : schema, whitespace: whitespace)
        }
        switch demand.name {
        case "json": return schema(try demand.schemaOrText())
        case "regex": return .regex(try demand.pattern())
        case "choice": return try demand.choices()
        case "grammar": return .gbnf(try demand.pattern())
        default:
            _ = try demand.bool()
            return schema(["type": "object"])
        }
    }
}
