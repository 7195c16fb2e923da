import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Testing

/// `/v1/embeddings`, compared byte by byte.
@Suite(.serialized)
struct WireEmbeddingsTests {
    @Test func `an embedding is a list of vectors with its usage`() async throws {
        var backend = ScriptedBackend()
        backend.embed = { _ in Embeddings([[0.5, -2]], promptTokens: 4) }
        try await withClient(of: backend) { client, _ in
            let text = try await client.embed(#""hi""#).text
            #expect(
                text
                    == #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-2.0]}],"#
                    + #""model":"scripted","usage":{"prompt_tokens":4,"total_tokens":4}}"#)
        }
    }

    @Test(
        arguments: [
            (#""ab""#, [[97, 98]]), (#"["ab","c"]"#, [[97, 98], [99]]), ("[1,2,3]", [[1, 2, 3]]),
            ("[[1,2],[3]]", [[1, 2], [3]]),
        ] as [(String, [[Int]])])
    func `all four forms of input give one vector for each input`(input: String, vectors: [[Int]]) async throws {
        try await withClient(of: LetterBackend()) { client, _ in
            let json = try await client.embed(input).json()
            let data = try #require(json["data"]?.array)
            #expect(data.map { $0["index"]?.number?.int } == Array(vectors.indices))
            #expect(data.map { $0["embedding"]?.array?.compactMap { $0.number?.int } } == vectors)
            let tokens = JSONValue.number(JSONNumber(vectors.joined().count))
            #expect(json["usage"] == ["prompt_tokens": tokens, "total_tokens": tokens])
        }
    }

    @Test func `a backend without a tokenizer gets text unchanged`() async throws {
        var backend = ScriptedBackend()
        backend.embed = { request in
            Embeddings(request.inputs.map { $0 == .text("yes") ? [1] : [0] }, promptTokens: 2)
        }
        try await withClient(of: backend) { client, _ in
            let data = try await client.embed(#"["yes","no"]"#).json()["data"]
            #expect(data?[0]?["embedding"] == [1.0])
            #expect(data?[1]?["embedding"] == [0.0])
        }
    }

    @Test func `base64 contains the same numbers as float`() async throws {
        let vector: [Float] = [0.1, -0.0, 3.25e-8, .greatestFiniteMagnitude, -7]
        var backend = ScriptedBackend()
        backend.embed = { _ in Embeddings([vector], promptTokens: 1) }
        try await withClient(of: backend) { client, _ in
            let text = try await client.embed("[1]", #""encoding_format":"base64""#).json()["data"]?[0]?["embedding"]
            #expect(Base64Floats.decode(try #require(text?.string)).map(\.bitPattern) == vector.map(\.bitPattern))
            let numbers = try await client.embed("[1]", #""encoding_format":"float""#).json()["data"]?[0]?["embedding"]
            #expect(numbers?.array?.compactMap { Float($0.number?.text ?? "") } == vector)
        }
    }

    @Test func `token ids are counted if the backend does not report usage`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let usage = try await client.embed("[[1,2],[3]]").json()["usage"]
            #expect(usage == ["prompt_tokens": 3, "total_tokens": 3])
        }
    }

    @Test(arguments: [[], [[1], [2]]] as [[[Float]]])
    func `a wrong number of vectors is a 500`(vectors: [[Float]]) async throws {
        var backend = ScriptedBackend()
        backend.embed = { _ in Embeddings(vectors) }
        try await withClient(of: backend) { client, _ in
            try expect(try await client.embed("[1]"), is: 500, "server_error", code: "server_error")
            #expect(try await client.ask(.get, "/health").head.status == .ok)
        }
    }

    @Test(arguments: [#""""#, "[]", #"[""]"#, "[[]]", "[1,-1]", #"["a",1]"#, "{}", "3"])
    func `an empty input is a 400`(input: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let response = try await client.embed(input)
            #expect(response.code == 400)
            #expect(try response.json()["error"]?["param"]?.string?.hasPrefix("input") == true)
        }
    }

    @Test func `a missing input and an unknown encoding are a 400 with their name`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            try expect(
                try await client.ask(.post, "/v1/embeddings", body: "{}"), is: 400, param: "input",
                code: "missing_required_parameter")
            try expect(
                try await client.embed("[1]", #""encoding_format":"int8""#), is: 400, param: "encoding_format",
                code: "invalid_value")
            try expect(
                try await client.embed("[1]", #""dimensions":3"#), is: 400, param: "dimensions",
                code: "unsupported_parameter")
        }
    }

    @Test func `an embedding error is sent with its status`() async throws {
        let backend = ScriptedBackend([.fail(BackendError.rateLimited("Slowly.", retryAfter: 7))], [])
        try await withClient(of: backend) { client, _ in
            let response = try await client.embed("[1]")
            try expect(response, is: 429, "rate_limit_error", code: "rate_limit_exceeded")
            #expect(response[field: "Retry-After"] == "7")
            #expect(try await client.embed("[1]").code == 200)
        }
    }
}
