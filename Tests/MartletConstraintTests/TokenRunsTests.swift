import MartletJSON
import MartletUV
import Testing

@testable import MartletConstraint

/// Masks of vocabularies with long words, in which tokens are allowed by their length.
struct TokenRunsTests {
    private static let patterns = [
        "[^\"]{0,9}", "\"[^\"\\\\]{3,40}\"", "[a-z0-9]{0,5}(-[A-Za-z0-9]{1,12})*", ".{0,3}é.*",
        "(?=.{2,7}$)[a-c]+\\.[a-z]+",
        "[^b]{0,40}b", "[\\u0080-\\uffff]{2,6}", "\\S{4} .*", "([0-9]{3}|[a-f]{6}|.{1,2}x)",
    ]

    /// Words of up to forty characters, with marks, parts of UTF-8 and special characters among them.
    private static func vocabulary(_ random: inout SplitMix64) -> TokenVocabulary {
        let characters = Array("abcdefxyz019 -.\"\\é€😀\n\u{7F}")
        var tokens: [[UInt8]?] = (UInt8.min...UInt8.max).map { [$0] }
        for _ in 0..<600 {
            let kinds = Bool.random(using: &random) ? 12 : characters.count
            let length = Int.random(in: 1...(Int.random(in: 0..<8, using: &random) == 0 ? 40 : 7), using: &random)
            var word = String((0..<length).map { _ in characters[Int.random(in: 0..<kinds, using: &random)] }).utf8[...]
            if Int.random(in: 0..<9, using: &random) == 0 { word = word.dropLast() }
            tokens.append(Array(word))
        }
        return TokenVocabulary(
            tokens: tokens + [nil, [UInt8]("abc".utf8)], endTokens: [tokens.count], specialTokens: [856])
    }

    @Test(arguments: ["^.{0,20}x.{0,20}$", "^.*a.{14}$", "^.*[a-m].{20}$"])
    func `a long token does not make a pattern too complex that short ones do not`(_ pattern: String) throws {
        var tokens: [[UInt8]?] = (UInt8.min...UInt8.max).map { [$0] }
        tokens += ["UnsupportedOperationException", "ab", "xyz"].map { Array($0.utf8) }
        let vocabulary = TokenVocabulary(tokens: tokens + [nil], endTokens: [tokens.count])
        var matcher = try Constraint(.jsonSchema(["type": "string", "pattern": .string(pattern)])).matcher(
            for: vocabulary)
        var mask = TokenMask(count: vocabulary.count)
        for byte in "\"axb".utf8 {
            try matcher.allowed(into: &mask)
            #expect(mask.contains(Int(byte)))
            try matcher.advance(Int(byte))
        }
    }

    @Test(arguments: patterns)
    func `a mask has exactly the tokens with which the text can go on`(_ pattern: String) throws {
        var random = SplitMix64(seed: UInt64(pattern.utf8.count))
        let vocabulary = Self.vocabulary(&random)
        let constraint = try Constraint(.regex(pattern))
        var mask = TokenMask(count: vocabulary.count)
        for _ in 0..<4 {
            var matcher = try constraint.matcher(for: vocabulary)
            for _ in 0..<8 where !matcher.isComplete {
                try matcher.allowed(into: &mask)
                let alone = (0..<vocabulary.count).filter { id in
                    var copy = matcher
                    return (try? copy.advance(id)) != nil
                }
                #expect(mask.ids == alone)
                try matcher.advance(try #require(alone.randomElement(using: &random)))
            }
        }
    }
}
