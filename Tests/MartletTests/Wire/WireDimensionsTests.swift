import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// `dimensions` of `/v1/embeddings` and of Ollama's `/api/embed`.
@Suite(.serialized)
struct WireDimensionsTests {
    /// Embeds every input as 3, 4, 12, and reports the length in its details if `isDescribed`.
    private struct Embedder: EmbeddingBackend {
        var isDescribed: Bool
        var capabilities: Capabilities = []
        let calls = Gate()

        func listModels() -> [Model] { ["scripted"] }
        func capabilities(of model: String) -> Capabilities { capabilities }
        func details(of model: String) -> ModelDetails { ModelDetails(embeddingLength: isDescribed ? 3 : nil) }

        func embeddings(for request: EmbeddingRequest) -> Embeddings {
            calls.open()
            return Embeddings(request.inputs.map { _ in [3, 4, 12] }, promptTokens: 1)
        }
    }

    private func vectors(_ client: RawClient, _ dimensions: String) async throws -> [JSONValue?] {
        let more = #""dimensions":\#(dimensions)"#
        let openAI = try await client.embed(#"["a","b"]"#, more).json()["data"]
        let ollama = try await client.ollama("/api/embed", #""input":["a","b"],"# + more).json()["embeddings"]
        return [openAI?[0]?["embedding"], openAI?[1]?["embedding"], ollama?[0], ollama?[1]]
    }

    @Test(arguments: [true, false])
    func `the model's own length is accepted with and without the capability`(isDescribed: Bool) async throws {
        for capabilities in [[], .dimensions] as [Capabilities] {
            try await withClient(of: Embedder(isDescribed: isDescribed, capabilities: capabilities)) { client, _ in
                for vector in try await vectors(client, "3") { #expect(vector == [3.0, 4.0, 12.0]) }
                for vector in try await vectors(client, "null") { #expect(vector == [3.0, 4.0, 12.0]) }
            }
        }
    }

    @Test(arguments: [true, false])
    func `a smaller number gives the beginning of the vector, normalized to length 1`(isDescribed: Bool) async throws {
        try await withClient(of: Embedder(isDescribed: isDescribed, capabilities: .dimensions)) { client, _ in
            for vector in try await vectors(client, "2") { #expect(vector == [0.6, 0.8]) }
            for vector in try await vectors(client, "1") { #expect(vector == [1.0]) }
        }
    }

    @Test(arguments: [true, false])
    func `a smaller number is refused without the capability`(isDescribed: Bool) async throws {
        let backend = Embedder(isDescribed: isDescribed)
        try await withClient(of: backend) { client, _ in
            for number in [2, 4] {
                let message = try expect(
                    try await client.embed("[1]", #""dimensions":\#(number)"#), is: 400, param: "dimensions",
                    code: "unsupported_parameter")
                #expect(
                    message
                        == "`dimensions` other than 3, the model's own, is not supported by this model; leave it out "
                        + "or set it to 3.")
                let ollama = try await client.ollama("/api/embed", #""input":"a","dimensions":\#(number)"#)
                #expect(try ollama.json()["error"]?.string == message)
            }
            #expect(backend.calls.isOpen != isDescribed, "what is known to fail is not computed")
        }
    }

    @Test(arguments: [true, false])
    func `a larger number is refused`(isDescribed: Bool) async throws {
        try await withClient(of: Embedder(isDescribed: isDescribed, capabilities: .dimensions)) { client, _ in
            let message = try expect(
                try await client.embed("[1]", #""dimensions":4"#), is: 400, param: "dimensions", code: "invalid_value")
            #expect(message == "`dimensions` must be at most 3, the model's own, but it is 4.")
        }
    }

    @Test(arguments: ["-1", "1.5", "true", #""3""#])
    func `dimensions other than a positive integer are refused`(value: String) async throws {
        try await withClient(of: Embedder(isDescribed: true, capabilities: .dimensions)) { client, _ in
            try expect(
                try await client.embed("[1]", #""dimensions":\#(value)"#), is: 400, param: "dimensions",
                code: "invalid_value")
            #expect(try await client.ollama("/api/embed", #""input":"a","dimensions":\#(value)"#).code == 400)
        }
    }

    @Test func `0 means all dimensions in Ollama's API, and is refused in OpenAI's`() async throws {
        try await withClient(of: Embedder(isDescribed: true)) { client, _ in
            let all = try await client.ollama("/api/embed", #""input":"a","dimensions":0"#).json()
            #expect(all["embeddings"]?[0] == [3.0, 4.0, 12.0])
            #expect(try await client.embed("[1]", #""dimensions":0"#).code == 400)
        }
    }

    @Test func `a vector of zeros stays zero`() async throws {
        var backend = ScriptedBackend()
        backend.capabilities = .dimensions
        backend.embed = { _ in Embeddings([[0, 0, 1]], promptTokens: 1) }
        try await withClient(of: backend) { client, _ in
            let data = try await client.embed("[1]", #""dimensions":2"#).json()["data"]
            #expect(data?[0]?["embedding"] == [0.0, 0.0])
        }
    }
}
