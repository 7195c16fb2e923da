import Foundation
package import MartletJSON
import Testing

/// The files in Tests/Fixtures/toy, which several targets' tests share.
package enum Fixture {
    package static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: Array(Data(contentsOf: URL(filePath: path(name)))))
    }

    package static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/toy/\(name)").path
    }

    /// The prompts of reference.json.
    package static let references: [Reference] = {
        do {
            return try #require(json("reference.json").object?["prompts"]?.array).map(Reference.init)
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}

/// The results of the transformers library for one prompt.
package struct Reference: CustomStringConvertible {
    package let text: String
    package let ids: [Int]
    package let topLogits: [(id: Int, logit: Double)]
    /// One for each token except the first.
    package let logProbabilities: [Double]
    package let continuation: [Int]
    package let embedding: [Double]

    package init(_ value: JSONValue) throws {
        let members = try #require(value.object)
        text = try #require(members["text"]?.string)
        ids = members.ints("ids")
        topLogits = try #require(members["last_logits_top8"]?.array).map { pair in
            let pair = try #require(pair.array)
            return (try #require(pair[0].number?.int), try #require(pair[1].number?.double))
        }
        logProbabilities = members["prompt_logprobs"]?.array?.compactMap { $0.number?.double } ?? []
        continuation = members.ints("greedy_text_ids")
        embedding = members["embedding_first16"]?.array?.compactMap { $0.number?.double } ?? []
    }

    package var description: String { text.debugDescription }
}

extension JSONObject {
    package func ints(_ name: String) -> [Int] {
        self[name]?.array?.compactMap { $0.number?.int } ?? []
    }
}
