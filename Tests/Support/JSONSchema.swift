package import MartletJSON

/// A document of JSON Schemas, with the keywords that OpenAI's document uses. An unknown keyword is an error for every
/// value, so that no rule is skipped silently.
package struct JSONSchema: Sendable {
    private let schemas: JSONObject

    /// - Parameter document: an OpenAPI document.
    package init(document: JSONValue) {
        schemas = document.object?["components"]?.object?["schemas"]?.object ?? [:]
    }

    /// The violations of the named schema in `value`; empty if it is valid.
    package func faults(of value: JSONValue, as name: String) -> [String] {
        guard let schema = schemas[name] else { return ["there is no schema \(name)"] }
        return faults(of: value, schema, at: name)
    }

    /// Keywords that do not restrict values.
    private static let silent: Set<String> = [
        "title", "description", "format", "default", "discriminator", "deprecated", "contentEncoding", "example",
        "examples", "x-oaiMeta", "x-stainless-const", "x-oaiTypeLabel", "readOnly",
    ]

    private func faults(of value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
        guard let keywords = schema.object else { return schema == true ? [] : ["\(path): is not allowed"] }
        if value.isNull, keywords["nullable"] == true { return [] }
        var faults: [String] = []
        for (keyword, rule) in keywords where !Self.silent.contains(keyword) && !keyword.hasPrefix("x-") {
            faults += self.faults(of: value, keyword, rule, keywords, at: path)
        }
        return faults
    }

    private func faults(
        of value: JSONValue, _ keyword: String, _ rule: JSONValue, _ keywords: JSONObject, at path: String
    ) -> [String] {
        switch keyword {
        case "$ref":
            let name = rule.string?.split(separator: "/").last.map(String.init) ?? ""
            guard let schema = schemas[name] else { return ["\(path): there is no schema \(name)"] }
            return faults(of: value, schema, at: path)
        case "type":
            let types = rule.string.map { [$0] } ?? rule.array?.compactMap(\.string) ?? []
            return types.contains { Self.isOf(value, $0) } ? [] : ["\(path): \(value.brief) is not one of \(types)"]
        case "enum":
            return rule.array?.contains(value) == true ? [] : ["\(path): \(value.brief) is not one of \(rule)"]
        case "const":
            return rule == value ? [] : ["\(path): \(value.brief) is not \(rule)"]
        case "anyOf", "oneOf":
            let all = (rule.array ?? []).map { faults(of: value, $0, at: path) }
            let fitting = all.count { $0.isEmpty }
            if fitting == 1 || (fitting > 1 && keyword == "anyOf") { return [] }
            return ["\(path): fits \(fitting) of \(all.count): \(all.min { $0.count < $1.count } ?? [])"]
        case "allOf":
            return (rule.array ?? []).flatMap { faults(of: value, $0, at: path) }
        case "properties", "required", "additionalProperties":
            return value.object.map { faults(of: $0, keyword, rule, keywords, at: path) } ?? []
        case "items":
            return (value.array ?? []).enumerated().flatMap { faults(of: $1, rule, at: "\(path)[\($0)]") }
        case "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength":
            return Self.isWithin(value, keyword, rule) ? [] : ["\(path): \(value.brief) breaks \(keyword) \(rule)"]
        case "nullable":
            return []
        default:
            return ["\(path): the keyword \(keyword) is not known here"]
        }
    }

    private func faults(
        of object: JSONObject, _ keyword: String, _ rule: JSONValue, _ keywords: JSONObject, at path: String
    ) -> [String] {
        switch keyword {
        case "required":
            return (rule.array ?? []).compactMap(\.string).filter { object[$0] == nil }.map { "\(path): lacks \($0)" }
        case "properties":
            return (rule.object ?? [:]).flatMap { name, schema in
                object[name].map { faults(of: $0, schema, at: "\(path).\(name)") } ?? []
            }
        default:
            let known = keywords["properties"]?.object ?? [:]
            return object.filter { known[$0.key] == nil }.flatMap { faults(of: $1, rule, at: "\(path).\($0)") }
        }
    }

    private static func isOf(_ value: JSONValue, _ type: String) -> Bool {
        switch type {
        case "null": value.isNull
        case "boolean": value.bool != nil
        case "integer": value.number?.int != nil
        case "number": value.number != nil
        case "string": value.string != nil
        case "array": value.array != nil
        case "object": value.object != nil
        default: false
        }
    }

    private static func isWithin(_ value: JSONValue, _ keyword: String, _ rule: JSONValue) -> Bool {
        guard let limit = rule.number?.double else { return false }
        let size: Double? =
            switch keyword {
            case "minimum", "maximum": value.number?.double
            case "minItems", "maxItems": value.array.map { Double($0.count) }
            default: value.string.map { Double($0.unicodeScalars.count) }
            }
        guard let size else { return true }
        return keyword.hasPrefix("min") ? size >= limit : size <= limit
    }
}

extension JSONValue {
    fileprivate var brief: String { String(description.prefix(80)) }
}
