import Foundation
import MartletConstraint
import MartletJSON
import MartletUV
import Testing

/// The code of docs/structured-output.md, compiled and tried.
struct StructuredOutputGuideTests {
    @Test func `a text is written token by token`() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<20 {
            var text = ""
            // guide: matcher
            let tokens = ["{", "}", "{\"", "\"", "answer", "\":", ":", " ", "4", "2", "0", "42}"]
            let vocabulary = TokenVocabulary(tokens: tokens.map { Array($0.utf8) } + [nil], endTokens: [tokens.count])
            let schema: JSONValue = [
                "type": "object", "properties": ["answer": ["type": "integer", "minimum": 40, "maximum": 42]],
                "required": ["answer"], "additionalProperties": false,
            ]

            // Compile once: all texts of a constraint share what they find out.
            let constraint = try Constraint(.jsonSchema(schema))

            // A matcher for each text. A copy of it is a text that has begun in the same way.
            var matcher = try constraint.matcher(for: vocabulary)
            var mask = TokenMask(count: vocabulary.count)
            while !matcher.isComplete {
                try matcher.allowed(into: &mask)
                // Here a model would choose by its logits, of which those outside of the mask are -infinity.
                guard let token = mask.ids.randomElement(using: &generator) else { break }
                try matcher.advance(token)
                if token < tokens.count { text += tokens[token] }
            }
            // end
            #expect([#"{"answer":40}"#, #"{"answer":42}"#].contains(text.replacing(" ", with: "")), "\(text)")
        }
    }

    @Test func `the guide has the code that is tried here`() throws {
        let here = URL(filePath: #filePath)
        let guide = here.deletingLastPathComponent().appending(path: "../../docs/structured-output.md").standardized
        let text = try String(contentsOf: guide, encoding: .utf8)
        let source = try String(contentsOf: here, encoding: .utf8)
        let parts = source.components(separatedBy: "// " + "guide: ").dropFirst()
        let code = try #require(parts.first?.components(separatedBy: "// end").first)
        let lines = code.split(separator: "\n").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
        for line in lines where !line.isEmpty {
            #expect(text.contains(line), "docs/structured-output.md does not have: \(line)")
        }
        #expect(lines.count > 15)
    }
}
