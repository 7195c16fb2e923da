internal import MartletJSON

/// Reads the keywords of one schema (JSON Schema 2020-12). A keyword that is not known is an error, unless it is an
/// annotation.
struct SchemaParser {
    /// Keywords without an effect on what is valid, and those that only hold other schemas.
    private static let annotations: Set<String> = [
        "$schema", "$id", "$comment", "$anchor", "$defs", "definitions", "$vocabulary", "title", "description",
        "default",
        "examples", "example", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType",
        "contentSchema", "discriminator", "externalDocs", "xml",
    ]

    private let document: SchemaDocument
    private let id: SchemaID
    private var schema: Schema

    init(_ document: SchemaDocument, _ id: SchemaID, at pointer: String) {
        (self.document, self.id, schema) = (document, id, Schema(pointer: pointer))
    }

    /// - Throws: `ConstraintError` with a pointer.
    mutating func parse(_ value: JSONValue) throws(ConstraintError) -> Schema {
        switch value {
        case .bool(let permits): schema.isNever = !permits
        case .object(let object):
            if object["$id"] != nil, !schema.pointer.isEmpty {
                throw unsupported("$id", "`$id` is supported at the root only.")
            }
            for (name, value) in object where !Self.annotations.contains(name) && !name.hasPrefix("x-") {
                if try applicator(name, value) { continue }
                if try string(name, value) { continue }
                if try number(name, value) { continue }
                if try objectKeyword(name, value) { continue }
                if try arrayKeyword(name, value) { continue }
                throw unsupported(name, "the keyword `\(name)` is not supported. Leave it out.")
            }
            if schema.condition == nil { (schema.then, schema.otherwise) = (nil, nil) }
        default:
            throw .at(schema.pointer, .malformed, "a schema must be an object, `true` or `false`.")
        }
        return schema
    }

    // MARK: Errors

    private func unsupported(_ keyword: String, _ sentence: String) -> ConstraintError {
        let pointer = schema.pointer.appendingPointer(keyword)
        return .at(pointer, .unsupported, sentence)
    }

    private func malformed(_ keyword: String, mustBe expected: String) -> ConstraintError {
        let pointer = schema.pointer.appendingPointer(keyword)
        return ConstraintError(.malformed, "`\(pointer)` must be \(expected).", pointer: pointer)
    }

    // MARK: Kinds of values

    private func subschema(_ name: String, _ value: JSONValue) -> SchemaID {
        document.subschema(of: id, name, value: value)
    }

    private func subschemas(_ name: String, _ value: JSONValue) throws(ConstraintError) -> [SchemaID] {
        guard let elements = value.array, !elements.isEmpty else {
            throw malformed(name, mustBe: "an array of at least one schema")
        }
        return elements.enumerated().map { document.subschema(of: id, name, String($0), value: $1) }
    }

    private func count(_ name: String, _ value: JSONValue) throws(ConstraintError) -> Int {
        guard let count = value.number?.int, count >= 0 else {
            throw malformed(name, mustBe: "an integer that is not negative")
        }
        if count > RegexParser.maximumCount {
            let pointer = schema.pointer.appendingPointer(name)
            throw ConstraintError(
                .tooComplex, "`\(pointer)` may be at most \(RegexParser.maximumCount), but it is \(count).",
                pointer: pointer)
        }
        return count
    }

    private func decimal(_ name: String, _ value: JSONValue) throws(ConstraintError) -> DecimalNumber {
        guard let number = value.number else { throw malformed(name, mustBe: "a number") }
        guard let decimal = DecimalNumber(number) else {
            throw unsupported(name, "numbers have at most \(DecimalNumber.maximumDigits) digits.")
        }
        return decimal
    }

    private func pattern(_ keyword: String, _ text: String) throws(ConstraintError) -> Pattern {
        do throws(ConstraintError) {
            return Pattern(text: text, syntax: try RegexParser.parse(text))
        } catch {
            let pointer = schema.pointer.appendingPointer(keyword)
            throw .at(pointer, error.kind, error.message)
        }
    }

    // MARK: Keywords

    private mutating func applicator(_ name: String, _ value: JSONValue) throws(ConstraintError) -> Bool {
        switch name {
        case "type": schema.types = try types(value)
        case "enum":
            guard let values = value.array, !values.isEmpty else {
                throw malformed(name, mustBe: "an array of at least one value")
            }
            schema.enumerations.append(Schema.ValueList(values))
        case "const": schema.enumerations.append(Schema.ValueList([value]))
        case "$ref":
            guard let reference = value.string else { throw malformed(name, mustBe: "a string") }
            schema.reference = try document.target(
                of: reference, at: schema.pointer.appendingPointer(name))
        case "allOf": schema.allOf = try subschemas(name, value)
        case "anyOf": schema.anyOf = try subschemas(name, value)
        case "oneOf": schema.oneOf = try subschemas(name, value)
        case "not": schema.not = subschema(name, value)
        case "if": schema.condition = subschema(name, value)
        case "then": schema.then = subschema(name, value)
        case "else": schema.otherwise = subschema(name, value)
        default: return false
        }
        return true
    }

    private func types(_ value: JSONValue) throws(ConstraintError) -> JSONTypes {
        let expected =
            "one of \"null\", \"boolean\", \"object\", \"array\", \"number\", \"integer\" and \"string\", or an array of "
            + "them"
        var types: JSONTypes = []
        let names = value.array ?? [value]
        for name in names {
            guard let name = name.string, let type = JSONTypes(named: name) else {
                throw malformed("type", mustBe: expected)
            }
            types.formUnion(type)
        }
        if names.isEmpty { throw malformed("type", mustBe: expected) }
        return types
    }

    private mutating func string(_ name: String, _ value: JSONValue) throws(ConstraintError) -> Bool {
        switch name {
        case "pattern":
            guard let text = value.string else { throw malformed(name, mustBe: "a regular expression") }
            schema.pattern = try pattern(name, text)
        case "format":
            guard let format = value.string else { throw malformed(name, mustBe: "a string") }
            guard let pattern = StringFormat.pattern(named: format) else {
                throw unsupported(
                    name,
                    "the format `\(format)` is not supported. Use \(StringFormat.names.joined(separator: ", ")), or leave "
                        + "it out.")
            }
            schema.format = pattern
        case "minLength": schema.minimumLength = try count(name, value)
        case "maxLength": schema.maximumLength = try count(name, value)
        default: return false
        }
        return true
    }

    private mutating func number(_ name: String, _ value: JSONValue) throws(ConstraintError) -> Bool {
        func bound(_ side: NumberRegex.Side, isExclusive: Bool) throws(ConstraintError) -> Schema.Bound {
            Schema.Bound(side: side, value: try decimal(name, value), isExclusive: isExclusive)
        }
        switch name {
        case "minimum": schema.bounds.append(try bound(.atLeast, isExclusive: false))
        case "exclusiveMinimum": schema.bounds.append(try bound(.atLeast, isExclusive: true))
        case "maximum": schema.bounds.append(try bound(.atMost, isExclusive: false))
        case "exclusiveMaximum": schema.bounds.append(try bound(.atMost, isExclusive: true))
        case "multipleOf":
            let divisor = try decimal(name, value)
            if divisor.isNegative || divisor.isZero { throw malformed(name, mustBe: "a number above 0") }
            guard divisor.modulus != nil else {
                throw unsupported(name, "a divisor has at most \(DecimalNumber.maximumModulusDigits) digits.")
            }
            schema.multipleOf = divisor
        default: return false
        }
        return true
    }

    private mutating func objectKeyword(_ name: String, _ value: JSONValue) throws(ConstraintError) -> Bool {
        switch name {
        case "properties":
            guard let members = value.object else { throw malformed(name, mustBe: "an object of schemas") }
            schema.properties = members.map {
                Schema.Property(name: $0.key, schema: document.subschema(of: id, name, $0.key, value: $0.value))
            }
        case "patternProperties":
            guard let members = value.object else { throw malformed(name, mustBe: "an object of schemas") }
            for (text, value) in members {
                schema.patternProperties.append(
                    Schema.PatternProperty(
                        pattern: try pattern(name, text),
                        schema: document.subschema(of: id, name, text, value: value)))
            }
        case "additionalProperties": schema.additionalProperties = subschema(name, value)
        case "required":
            guard let names = value.array else { throw malformed(name, mustBe: "an array of names") }
            for element in names {
                guard let text = element.string else { throw malformed(name, mustBe: "an array of names") }
                schema.required.append(text)
            }
        case "minProperties": schema.minimumProperties = try count(name, value)
        case "maxProperties": schema.maximumProperties = try count(name, value)
        default: return false
        }
        return true
    }

    private mutating func arrayKeyword(_ name: String, _ value: JSONValue) throws(ConstraintError) -> Bool {
        switch name {
        case "prefixItems": schema.prefixItems = try subschemas(name, value)
        case "items":
            if value.array != nil { throw malformed(name, mustBe: "a schema; for a list of schemas use `prefixItems`") }
            schema.items = subschema(name, value)
        case "minItems": schema.minimumItems = try count(name, value)
        case "maxItems": schema.maximumItems = try count(name, value)
        case "uniqueItems":
            guard let isUnique = value.bool else { throw malformed(name, mustBe: "`true` or `false`") }
            schema.uniqueItems = isUnique
        default: return false
        }
        return true
    }
}
