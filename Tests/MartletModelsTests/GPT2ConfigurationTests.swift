import Foundation
import MartletJSON
import MartletTestSupport
import Testing

@testable import MartletModels

struct GPT2ConfigurationTests {
    @Test func `the toy's sizes are those of its file`() throws {
        let configuration = Fixture.model.network.configuration
        let file = try JSONValue(parsing: Array(Data(contentsOf: URL(filePath: Fixture.folder + "/config.json"))))
        func size(_ name: String) -> Int? { file[name]?.number?.int }
        #expect(configuration.vocabularySize == size("vocab_size"))
        #expect(configuration.contextLength == size("n_positions"))
        #expect(configuration.width == size("n_embd") && configuration.innerWidth == 4 * configuration.width)
        #expect(configuration.layerCount == size("n_layer") && configuration.headCount == size("n_head"))
        #expect(configuration.headCount * configuration.headWidth == configuration.width)
        #expect(configuration.layerNormEpsilon == 1e-5)
        #expect(configuration.activation == .geluNew)
        #expect(configuration.endIDs == [0, 2])
    }

    @Test(
        arguments: [
            ("7", [7]), ("[7, 3]", [3, 7]), ("[]", []), ("null", []),
        ] as [(String, Set<Int>)])
    func `a model has one end token, several or none`(value: String, ids: Set<Int>) throws {
        #expect(try parse(["eos_token_id": value]).endIDs == ids)
    }

    @Test func `missing options have GPT-2's defaults`() throws {
        let configuration = try parse(["n_inner": "null"])
        #expect(configuration.innerWidth == 32)
        #expect(configuration.activation == .geluNew)
        #expect(configuration.endIDs == [])
        #expect(try parse(["n_inner": "24"]).innerWidth == 24)
        #expect(try parse(["activation_function": "\"gelu\""]).activation == .gelu)
    }

    @Test(arguments: [
        ("model_type", "\"llama\"", "model_type is llama"),
        ("model_type", "null", "model_type is nothing"),
        ("n_embd", "0", "n_embd must be"),
        ("n_embd", "-8", "n_embd must be"),
        ("n_embd", "8.5", "n_embd must be"),
        ("n_embd", "\"8\"", "n_embd must be"),
        ("n_embd", "9", "not a multiple of n_head"),
        ("n_head", "1000000", "n_head must be"),
        ("n_layer", "null", "n_layer must be"),
        ("vocab_size", "99999999999999999999", "vocab_size must be"),
        ("n_positions", "2000000", "n_positions must be"),
        ("n_inner", "0", "n_inner must be"),
        ("layer_norm_epsilon", "0", "layer_norm_epsilon"),
        ("layer_norm_epsilon", "-1", "layer_norm_epsilon"),
        ("activation_function", "\"relu\"", "activation_function is relu"),
        ("eos_token_id", "37", "eos_token_id"),
        ("eos_token_id", "[1, \"2\"]", "eos_token_id"),
        ("scale_attn_by_inverse_layer_idx", "true", "scale_attn_by_inverse_layer_idx"),
    ])
    func `configurations that cannot be run are refused`(name: String, value: String, message: String) {
        let error = #expect(throws: ModelLoadError.self) { try parse([name: value]) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    private func parse(_ changes: [String: String]) throws -> GPT2Configuration {
        let members = [
            "model_type": "\"gpt2\"", "vocab_size": "37", "n_positions": "16", "n_embd": "8", "n_layer": "1",
            "n_head": "2",
        ].merging(changes) { $1 }
        let text = members.map { "\"\($0)\": \($1)" }.joined(separator: ",")
        return try GPT2Configuration(ModelFile(name: "config.json", copying: Array("{\(text)}".utf8)))
    }
}
