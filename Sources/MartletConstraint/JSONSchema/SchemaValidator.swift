public import MartletJSON

/// Validates values against a JSON Schema (2020-12 Core and Validation), formats included.
///
/// It knows the keywords that constraints obey, and no others.
public struct SchemaValidator {
    /// Where and how a value is not valid.
    public struct Violation: Sendable {
        /// The part of the value: a JSON Pointer (RFC 6901).
        public let instance: String
        /// The keyword of the schema: a JSON Pointer.
        public let keyword: String
        /// What is wrong with the part.
        public let sentence: String
    }

    let document: SchemaDocument
    private var expressions: [Pattern: CompiledPattern] = [:]
    private var checkCount = 0
    private var depth = 0

    /// Of the schemas that values are compared with, and of those that are within each other.
    private static let maximumChecks = 500_000
    private static let maximumDepth = 256

    private struct CompiledPattern {
        var dfa: LazyDFA
        let start: Regex
    }

    init(_ document: SchemaDocument) { self.document = document }

    /// - Throws: `ConstraintError` for a schema that is too large.
    public init(_ schema: JSONValue) throws(ConstraintError) { self.init(try SchemaDocument(schema)) }

    /// The first violation; nil if the value is valid.
    ///
    /// - Throws: `ConstraintError` for a keyword of the schema that is malformed or not supported.
    public mutating func violation(of value: JSONValue) throws(ConstraintError) -> Violation? {
        checkCount = 0
        return try violation(of: value, document.root, at: "")
    }

    /// Whether a value satisfies all atoms of a conjunction.
    mutating func accepts(_ value: JSONValue, _ conjunction: SchemaConjunction) throws(ConstraintError) -> Bool {
        for atom in conjunction.atoms where try accepts(value, atom.schema) == atom.isNegated { return false }
        return true
    }

    mutating func accepts(_ value: JSONValue, _ schema: SchemaID) throws(ConstraintError) -> Bool {
        try violation(of: value, schema, at: "") == nil
    }

    /// The first violation; nil if the value is valid.
    ///
    /// - Parameter path: The value's own pointer.
    mutating func violation(
        of value: JSONValue, _ id: SchemaID, at path: String
    ) throws(ConstraintError) -> Violation? {
        let schema = try document.schema(id)
        checkCount += 1
        depth += 1
        defer { depth -= 1 }
        if checkCount > Self.maximumChecks || depth > Self.maximumDepth {
            throw .at(schema.pointer, .tooComplex, "the schema takes too many steps to validate a value.")
        }
        func violation(_ keyword: String, _ sentence: String) -> Violation {
            Violation(instance: path, keyword: schema.pointer.appendingPointer(keyword), sentence: sentence)
        }
        if schema.isNever {
            return Violation(instance: path, keyword: schema.pointer, sentence: "nothing is permitted here")
        }
        let type = JSONTypes(of: value)
        if !schema.types.contains(type) { return violation("type", "the value has another type") }
        for list in schema.enumerations where !list.contains(value) {
            return violation(
                list.values.count == 1 ? "const" : "enum", "the value is not one of those that are permitted")
        }
        if let found = try applicators(value, schema, at: path, violation) { return found }
        switch value {
        case .string(let text): return try string(text, schema, violation)
        case .number(let number): return self.number(number, schema, violation)
        case .array(let elements): return try array(elements, schema, at: path, violation)
        case .object(let object): return try self.object(object, schema, at: path, violation)
        case .null, .bool: return nil
        }
    }

    private mutating func applicators(
        _ value: JSONValue, _ schema: Schema, at path: String, _ violation: (String, String) -> Violation
    ) throws(ConstraintError) -> Violation? {
        for part in [schema.reference].compactMap({ $0 }) + schema.allOf {
            if let found = try self.violation(of: value, part, at: path) { return found }
        }
        if let choices = schema.anyOf {
            var isValid = false
            for choice in choices where try accepts(value, choice) { isValid = true }
            if !isValid { return violation("anyOf", "the value satisfies none of the schemas") }
        }
        if let choices = schema.oneOf {
            var count = 0
            for choice in choices where try accepts(value, choice) { count += 1 }
            if count != 1 { return violation("oneOf", "the value satisfies \(count) of the schemas") }
        }
        if let not = schema.not, try accepts(value, not) {
            return violation("not", "the value satisfies the schema that it must not")
        }
        if let condition = schema.condition {
            let branch = try accepts(value, condition) ? schema.then : schema.otherwise
            if let branch { return try self.violation(of: value, branch, at: path) }
        }
        return nil
    }

    private mutating func string(
        _ text: String, _ schema: Schema, _ violation: (String, String) -> Violation
    ) throws(ConstraintError) -> Violation? {
        let length = text.unicodeScalars.count
        if length < schema.minimumLength { return violation("minLength", "the text has only \(length) characters") }
        if length > schema.maximumLength ?? .max { return violation("maxLength", "the text has \(length) characters") }
        for (keyword, pattern) in [("pattern", schema.pattern), ("format", schema.format)] {
            guard let pattern, try !matches(text, pattern) else { continue }
            return violation(keyword, "the text does not match")
        }
        return nil
    }

    private mutating func matches(_ text: String, _ pattern: Pattern) throws(ConstraintError) -> Bool {
        var compiled: CompiledPattern
        if let known = expressions[pattern] {
            compiled = known
        } else {
            var builder = RegexBuilder()
            let start = try builder.searching(pattern.syntax, as: .text)
            compiled = CompiledPattern(dfa: LazyDFA(builder.arena), start: start)
        }
        do throws(LazyDFA.Exhausted) {
            var state = try compiled.dfa.isLive(compiled.start) ? compiled.start : .nothing
            for byte in text.utf8 {
                state = try compiled.dfa.next(state, byte)
                if state == .nothing { break }
            }
            let isMatch = compiled.dfa.accepts(state)
            expressions[pattern] = compiled
            return isMatch
        } catch {
            throw .expressionTooComplex
        }
    }

    private func number(
        _ number: JSONNumber, _ schema: Schema, _ violation: (String, String) -> Violation
    ) -> Violation? {
        if schema.bounds.isEmpty && schema.multipleOf == nil { return nil }
        guard let value = DecimalNumber(number) else { return violation("type", "the number is too long") }
        for bound in schema.bounds {
            let isLow = bound.side == .atLeast
            let isWithin =
                value == bound.value ? !bound.isExclusive : isLow ? bound.value < value : value < bound.value
            if isWithin { continue }
            let keyword =
                isLow
                ? (bound.isExclusive ? "exclusiveMinimum" : "minimum")
                : (bound.isExclusive ? "exclusiveMaximum" : "maximum")
            return violation(keyword, "the number is too \(isLow ? "small" : "large")")
        }
        if let divisor = schema.multipleOf, !value.isMultiple(of: divisor) {
            return violation("multipleOf", "the number is not a multiple of \(divisor)")
        }
        return nil
    }

    private mutating func array(
        _ elements: [JSONValue], _ schema: Schema, at path: String, _ violation: (String, String) -> Violation
    ) throws(ConstraintError) -> Violation? {
        if elements.count < schema.minimumItems {
            return violation("minItems", "there are only \(elements.count) items")
        }
        if elements.count > schema.maximumItems ?? .max {
            return violation("maxItems", "there are \(elements.count) items")
        }
        if schema.uniqueItems, Set(elements.map(\.canonical)).count < elements.count {
            return violation("uniqueItems", "two items are equal")
        }
        for (index, element) in elements.enumerated() {
            let isPrefix = schema.prefixItems.indices.contains(index)
            guard let item = isPrefix ? schema.prefixItems[index] : schema.items else { continue }
            let found = try self.violation(of: element, item, at: path.appendingPointer(String(index)))
            if let found { return found }
        }
        return nil
    }

    private mutating func object(
        _ object: JSONObject, _ schema: Schema, at path: String, _ violation: (String, String) -> Violation
    ) throws(ConstraintError) -> Violation? {
        if object.count < schema.minimumProperties {
            return violation("minProperties", "there are only \(object.count) members")
        }
        if object.count > schema.maximumProperties ?? .max {
            return violation("maxProperties", "there are \(object.count) members")
        }
        for name in schema.required where object[name] == nil {
            return violation("required", "the member `\(name)` is missing")
        }
        for (name, value) in object {
            var schemas = schema.properties.filter { $0.name.utf8.elementsEqual(name.utf8) }.map(\.schema)
            for property in schema.patternProperties where try matches(name, property.pattern) {
                schemas.append(property.schema)
            }
            if schemas.isEmpty, let additional = schema.additionalProperties {
                if additional == SchemaDocument.never {
                    return violation("additionalProperties", "the member `\(name)` is not permitted")
                }
                schemas.append(additional)
            }
            for schema in schemas {
                let found = try self.violation(of: value, schema, at: path.appendingPointer(name))
                if let found { return found }
            }
        }
        return nil
    }
}
