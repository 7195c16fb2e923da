internal import MartletJSON

/// OpenAI's rules for the schemas of `strict: true`, which are narrower than what Martlet can enforce. A client that keeps
/// them gets along with OpenAI's servers too.
struct StrictSchema {
    /// A broken rule, in OpenAI's words where those are known.
    private struct Fault: Error { let text: String }

    private let root: JSONObject
    /// Where the schema that is being checked stands, as in `('properties', 'a', 'anyOf', '0')`.
    private var context: [String] = []
    private var counts = Counts()
    /// The objects around the schema that is being checked.
    private var level = 0

    private struct Counts {
        var properties = 0
        var enumValues = 0
        /// Of the names of properties and definitions, and of the values of `enum` and `const`.
        var characters = 0
        var levels = 0
    }

    /// The first rule that a schema breaks; nil if it keeps all. A value that was parsed from JSON is nested so little that
    /// recursion is safe.
    static func fault(in schema: JSONValue?) -> String? {
        let members = schema?.object ?? [:]
        var check = StrictSchema(root: members)
        do throws(Fault) {
            try check.checkRoot()
            return nil
        } catch {
            return error.text
        }
    }

    private init(root: JSONObject) { self.root = root }

    private mutating func checkRoot() throws(Fault) {
        if root["type"] != "object" {
            let type = root["type"].map { $0.string ?? $0.description } ?? "None"
            throw Fault(text: "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"\(type.prefix(64))\"'.")
        }
        if ["oneOf", "anyOf", "allOf", "enum", "not"].contains(where: { root[$0] != nil }) {
            throw Fault(
                text:
                    "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
            )
        }
        try check(root)
        try checkCounts()
    }

    private func checkCounts() throws(Fault) {
        func check(_ count: Int, _ limit: Int, _ what: String, _ remedy: String) throws(Fault) {
            guard count > limit else { return }
            throw Fault(
                text: "Expected at most \(limit) \(what) in total within a schema when using structured outputs, but "
                    + "received \(count). Consider \(remedy), or use 'strict: false' to opt out of structured outputs.")
        }
        try check(counts.properties, 5_000, "object properties", "reducing the number of properties")
        try check(counts.enumValues, 1_000, "enum values", "reducing the number of enums")
        try check(counts.characters, 120_000, "characters of names and values", "shortening them")
        if counts.levels > 10 { throw Fault(text: "\(counts.levels) levels of nesting exceeds limit of 10.") }
    }

    // MARK: One schema

    private static let keywords: Set<String> = [
        "$defs", "$id", "$ref", "$schema", "additionalProperties", "anyOf", "const", "definitions", "description",
        "enum",
        "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems", "maximum", "minItems", "minimum",
        "multipleOf", "pattern", "properties", "required", "title", "type",
    ]
    private static let formats: Set<String> = [
        "date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid",
    ]

    private mutating func check(_ schema: JSONValue) throws(Fault) {
        guard let schema = schema.object else { throw fault("schema must be an object.") }
        try check(schema)
    }

    private mutating func check(_ schema: JSONObject) throws(Fault) {
        if let reference = schema["$ref"] { return try check(reference, in: schema) }
        for (name, _) in schema where !Self.keywords.contains(name) {
            throw fault("'\(name.prefix(64))' is not permitted.")
        }
        let types = schema["type"].map { $0.array ?? [$0] } ?? []
        if types.isEmpty, !["anyOf", "enum", "const"].contains(where: { schema[$0] != nil }) {
            throw fault("schema must have a 'type' key.")
        }
        if let format = schema["format"]?.string, !Self.formats.contains(format) {
            throw fault("'\(format.prefix(64))' is not a valid format.")
        }
        try countValues(of: schema)
        let isObject = types.contains("object") || schema["properties"] != nil
        if isObject { try checkObject(schema) }
        if types.contains("array"), schema["items"] == nil { throw fault("array schema missing items.") }
        try checkParts(of: schema, isObject: isObject)
    }

    private func check(_ reference: JSONValue, in schema: JSONObject) throws(Fault) {
        let others = schema.map(\.key).filter { $0 != "$ref" }
        if !others.isEmpty {
            let names = others.prefix(8).map { "'\($0.prefix(64))'" }.joined(separator: ", ")
            throw fault("$ref cannot have keywords {\(names)}.")
        }
        let target = reference.string ?? reference.description
        guard resolves(target) else {
            throw fault("reference to component '\(target.prefix(256))' which was not found in the schema.")
        }
    }

    /// Whether a reference is to the root or to one of its definitions, which are checked where they stand.
    private func resolves(_ target: String) -> Bool {
        if target == "#" { return true }
        return ["$defs", "definitions"].contains { group in
            let prefix = "#/\(group)/"
            guard target.hasPrefix(prefix), let named = root[group]?.object else { return false }
            return named[Self.unescaped(target.dropFirst(prefix.count))] != nil
        }
    }

    /// A name that a JSON Pointer contains (RFC 6901 §3).
    private static func unescaped(_ name: Substring) -> String {
        var result = ""
        var isEscape = false
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": isEscape = true
            case "0" where isEscape: (result, isEscape) = (result + "~", false)
            case "1" where isEscape: (result, isEscape) = (result + "/", false)
            default:
                isEscape = false
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private func checkObject(_ schema: JSONObject) throws(Fault) {
        guard schema["additionalProperties"] == false else {
            throw fault("'additionalProperties' is required to be supplied and to be false.")
        }
        let properties = schema["properties"]?.object ?? [:]
        var required: JSONObject = [:]
        for name in schema["required"]?.array ?? [] { required[name.string ?? name.description] = true }
        let rule = "'required' is required to be supplied and to be an array including every key in properties."
        if let missing = properties.first(where: { required[$0.key] == nil }) {
            throw fault("\(rule) Missing '\(missing.key.prefix(64))'.")
        }
        if let extra = required.first(where: { properties[$0.key] == nil }) {
            throw fault("\(rule) Extra required key '\(extra.key.prefix(64))' supplied.")
        }
    }

    private mutating func countValues(of schema: JSONObject) throws(Fault) {
        func length(_ value: JSONValue) -> Int { (value.string ?? value.description).unicodeScalars.count }
        if let value = schema["const"] { counts.characters += length(value) }
        guard let values = schema["enum"]?.array else { return }
        let characters = values.reduce(0) { $0 + length($1) }
        counts.enumValues += values.count
        counts.characters += characters
        if values.count > 250, characters > 15_000 {
            throw fault(
                "Expected at most 15000 characters in total for an 'enum' of more than 250 values, but received "
                    + "\(characters).")
        }
    }

    // MARK: Parts

    private mutating func checkParts(of schema: JSONObject, isObject: Bool) throws(Fault) {
        if isObject { level += 1 }
        counts.levels = max(counts.levels, level)
        for (name, value) in schema {
            switch (name, value) {
            case ("properties", .object(let properties)):
                counts.properties += properties.count
                try checkNamed(properties, at: name)
            case ("items", _): try check(value, at: [name])
            case ("anyOf", .array(let schemas)):
                for (index, schema) in schemas.enumerated() { try check(schema, at: [name, "\(index)"]) }
            case ("$defs", .object(let definitions)), ("definitions", .object(let definitions)):
                let outer = level
                level = 0
                try checkNamed(definitions, at: name)
                level = outer
            case ("properties", _), ("anyOf", _), ("$defs", _), ("definitions", _):
                throw fault("'\(name)' must be \(name == "anyOf" ? "an array of schemas" : "an object of schemas").")
            default: break
            }
        }
        if isObject { level -= 1 }
    }

    private mutating func checkNamed(_ schemas: JSONObject, at keyword: String) throws(Fault) {
        for (name, schema) in schemas {
            counts.characters += name.unicodeScalars.count
            try check(schema, at: [keyword, name])
        }
    }

    private mutating func check(_ schema: JSONValue, at path: [String]) throws(Fault) {
        context += path
        try check(schema)
        context.removeLast(path.count)
    }

    /// The context is written as Python writes a tuple.
    private func fault(_ text: String) -> Fault {
        let names = context.map { "'\($0.prefix(64))'" }.joined(separator: ", ")
        return Fault(text: "In context=(\(names)\(context.count == 1 ? "," : "")), \(text)")
    }
}
