import Foundation
import MartletJSON
import Testing

@testable import MartletToy

/// What the tests of the toy share: the embedded model, loaded once, and the files in Tests/Fixtures/toy.
enum Fixture {
    static let model: ToyModel = {
        do { return try ToyModel.embedded() } catch { preconditionFailure("\(error)") }
    }()

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: Array(Data(contentsOf: URL(filePath: path(name)))))
    }

    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/toy/\(name)").path
    }

    /// The prompts of reference.json.
    static let references: [Reference] = {
        do {
            return try #require(json("reference.json").object?["prompts"]?.array).map(Reference.init)
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}

/// What transformers makes of one prompt.
struct Reference: CustomStringConvertible {
    let text: String
    let ids: [Int]
    let topLogits: [(id: Int, logit: Double)]
    /// One for each token but the first.
    let logProbabilities: [Double]
    let continuation: [Int]
    let embedding: [Double]

    init(_ value: JSONValue) throws {
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

    var description: String { text.debugDescription }
}

extension JSONObject {
    func ints(_ name: String) -> [Int] {
        self[name]?.array?.compactMap { $0.number?.int } ?? []
    }
}
