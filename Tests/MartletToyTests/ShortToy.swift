import Martlet
import MartletEngine
import MartletTestSupport
import MartletTesting
import MartletToy

/// The toy with a context of 256 tokens, for tests of what does not fit.
struct ShortToy: LanguageModel {
    static let contextLength = 256

    private let toy = Fixture.model

    var configuration: LanguageModelConfiguration {
        var configuration = toy.configuration
        configuration.contextLength = Self.contextLength
        return configuration
    }

    var chatTemplate: ChatTemplate { toy.chatTemplate }
    var reasoningDelimiters: OutputDelimiters? { toy.reasoningDelimiters }
    var toolCallDelimiters: OutputDelimiters? { toy.toolCallDelimiters }

    func makeCache(blockCount: Int, blockSize: Int) -> ToyModel.Cache {
        toy.makeCache(blockCount: blockCount, blockSize: blockSize)
    }

    func forward(_ batch: ForwardBatch, cache: inout ToyModel.Cache) -> ForwardOutput {
        toy.forward(batch, cache: &cache)
    }

    func encode(_ text: String, parsesSpecialTokens: Bool) -> [Int] {
        toy.encode(text, parsesSpecialTokens: parsesSpecialTokens)
    }

    func bytes(of token: Int) -> [UInt8] { toy.bytes(of: token) }
}

/// Runs `body` against a toy with a short context that is served, and a client of it.
func withShortToy<Result>(_ body: (RawClient) async throws -> Result) async throws -> Result {
    try await withServer(Engine(ShortToy(), name: "toy")) { server in
        let client = try await RawClient(server, limit: .seconds(60))
        let result = try await body(client)
        await client.close()
        return result
    }
}
