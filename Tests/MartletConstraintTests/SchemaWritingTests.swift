import MartletJSON
import MartletUV
import Testing

@testable import MartletConstraint

/// Texts written at random under schemas, compared with a validator.
struct SchemaWritingTests {
    private static let schemas = [
        "true", #"{"type":"object"}"#,
        #"{"type":"object","additionalProperties":{"type":"integer"},"minProperties":2}"#,
        #"{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"array","items":{"type":"object"}}},"#
            + #""required":["b"]}"#,
        #"{"type":"object","patternProperties":{"^[ab]{1,7}$":{"type":"null"}},"additionalProperties":false,"#
            + #""minProperties":3}"#,
        #"{"type":"object","patternProperties":{"^[ab]{2}[ab]{2}[ab]{2}[ab]$":{"type":"null"}},"#
            + #""additionalProperties":false}"#,
        #"{"type":"object","patternProperties":{"^a":{"type":"integer"},"b$":{"minimum":3}},"maxProperties":4}"#,
        #"{"anyOf":[{"type":"object","properties":{"a":{"const":1}},"required":["a"]},{"type":"object","#
            + #""additionalProperties":{"type":"string","maxLength":2}}]}"#,
        #"{"type":"array","items":{"enum":["a","b","ab",1,10,null]},"uniqueItems":true,"minItems":2}"#,
        #"{"type":"array","prefixItems":[{"type":"boolean"},{"enum":[1,2]}],"items":{"type":"null"},"minItems":2}"#,
        #"{"oneOf":[{"type":"integer","multipleOf":3},{"type":"integer","multipleOf":5}]}"#,
        #"{"type":"number","minimum":-1.5,"exclusiveMaximum":2,"multipleOf":0.25}"#,
        #"{"type":"string","pattern":"^[a-c]+\"?é$","minLength":3,"maxLength":6}"#,
        #"{"type":"string","format":"date-time"}"#, #"{"type":"string","not":{"enum":["a","b"]},"maxLength":2}"#,
        ##"{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#"}},"required":["v"],"##
            + ##""additionalProperties":false}"##,
        #"{"type":"object","properties":{"k":{"enum":["a","b"]},"v":{}},"required":["k","v"],"if":{"properties":{"k":"#
            + #"{"const":"a"}},"required":["k"]},"then":{"properties":{"v":{"type":"integer"}}},"else":{"properties":"#
            + #"{"v":{"type":"string"}}}}"#,
    ]

    private static let texts = [
        "{\"", "\":", "\",\"", "\":1,\"a\":", "{\"a\":1,\"a\"", "a\":null,\"", "\"a\":", "\"a", ",\"", ", \"", "\\\"",
        "ab", "aaa", "\"}", "}]", "10", "\"a\",\"a\"", ":{\"", "null", "true", "é", "\u{1F600}",
    ]

    private static let vocabulary = TokenVocabulary(
        tokens: (UInt8.min...UInt8.max).map { [$0] } + [nil] + texts.map { Array($0.utf8) }
            + texts.map { Array($0.utf8) },
        endTokens: [256])

    private static let bytes = TokenVocabulary(
        tokens: (UInt8.min...UInt8.max).map { [$0] } + [nil], endTokens: [256])

    @Test(arguments: schemas) func `what is written is valid, and no name is repeated`(_ schema: String) throws {
        let schema = try JSONValue(parsing: Array(schema.utf8))
        let constraint = try Constraint(.jsonSchema(schema))
        var validator = SchemaValidator(try SchemaDocument(schema))
        var random = SplitMix64(seed: 14)
        var completeCount = 0
        for _ in 0..<40 {
            var matcher = try constraint.matcher(for: Self.vocabulary)
            var mask = TokenMask(count: Self.vocabulary.count)
            var text: [UInt8] = []
            while text.count < 120, !matcher.isComplete {
                try matcher.allowed(into: &mask)
                let ids = mask.ids
                let id = try #require(ids.randomElement(using: &random), "\(String(decoding: text, as: UTF8.self))")
                try matcher.advance(id)
                text += Self.vocabulary.bytes(of: id)
            }
            guard matcher.isComplete else { continue }
            completeCount += 1
            let value = try JSONValue(parsing: text)
            let violation = try validator.violation(of: value, validator.document.root, at: "")
            #expect(violation == nil, "\(String(decoding: text, as: UTF8.self)) \(String(describing: violation))")
            #expect(try !Self.repeatsName(text), "\(String(decoding: text, as: UTF8.self))")
        }
        #expect(completeCount > 0)
    }

    /// Whether an object has fewer members than are written.
    private static func repeatsName(_ text: [UInt8]) throws -> Bool {
        // Outside of strings, each member has one colon.
        var (colons, isString, isEscaped) = (0, false, false)
        for byte in text {
            if isString {
                if !isEscaped, byte == UInt8(ascii: "\"") { isString = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            } else if byte == UInt8(ascii: "\"") {
                isString = true
            } else if byte == UInt8(ascii: ":") {
                colons += 1
            }
        }
        func members(_ value: JSONValue) -> Int {
            switch value {
            case .array(let elements): elements.reduce(0) { $0 + members($1) }
            case .object(let object): object.reduce(object.count) { $0 + members($1.value) }
            default: 0
            }
        }
        return members(try JSONValue(parsing: text)) != colons
    }

    @Test(arguments: schemas) func `a token is allowed if its bytes are, one after the other`(_ schema: String) throws {
        let schema = try JSONValue(parsing: Array(schema.utf8))
        let (constraint, bytewise) = (
            try Constraint(.jsonSchema(schema)), try Constraint(.jsonSchema(schema))
        )
        var random = SplitMix64(seed: 15)
        for _ in 0..<6 {
            var matcher = try constraint.matcher(for: Self.vocabulary)
            var reference = try bytewise.matcher(for: Self.bytes)
            var mask = TokenMask(count: Self.vocabulary.count)
            for _ in 0..<40 where !matcher.isComplete {
                try matcher.allowed(into: &mask)
                for id in 257..<Self.vocabulary.count {
                    var copy = reference
                    var isAllowed = true
                    for byte in Self.vocabulary.bytes(of: id) where isAllowed {
                        isAllowed = (try? copy.advance(Int(byte))) != nil
                    }
                    #expect(mask.contains(id) == isAllowed, "\(Self.texts[(id - 257) % Self.texts.count])")
                }
                // Long tokens are rare, and most interesting.
                let long = mask.ids.filter { $0 > 256 }
                let id = try #require(
                    (long.isEmpty || Bool.random(using: &random) ? mask.ids : long)
                        .randomElement(using: &random))
                try matcher.advance(id)
                for byte in Self.vocabulary.bytes(of: id) { try reference.advance(Int(byte)) }
                if id == 256 { try reference.advance(256) }
            }
        }
    }
}
