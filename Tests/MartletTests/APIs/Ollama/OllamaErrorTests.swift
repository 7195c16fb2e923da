import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Errors for invalid requests of Ollama's API.
struct OllamaErrorTests {
    private static let hi = #""messages":[{"role":"user","content":"Hi"}]"#

    struct Row: Sendable, CustomTestStringConvertible {
        let path: String
        let body: String
        let status: Int
        let words: String

        init(_ path: String, _ body: String, _ status: Int, _ words: String) {
            (self.path, self.body, self.status, self.words) = (path, body, status, words)
        }

        init(_ path: String, _ body: String, _ words: String) { self.init(path, body, 400, words) }

        var testDescription: String { "\(path) \(body)" }
    }

    private static let m = #""model":"scripted""#

    static let rows = [
        Row("/api/chat", "", "body is empty"), Row("/api/chat", "{", "not valid JSON"),
        Row("/api/chat", "[]", "must be a JSON object"), Row("/api/chat", #"{"model":5}"#, "`model` must be a string"),
        Row("/api/chat", #"{"model":"nope",\#(hi)}"#, 404, #"model "nope" not found, try pulling it first"#),
        Row("/api/show", #"{"name":"nope"}"#, 404, "not found"),
        // One character of 257 bytes.
        Row("/api/show", #"{"name":"a\#(String(repeating: "\u{301}", count: 128))"}"#, 404, "model not found"),
        Row("/api/chat", #"{\#(m),"messages":"Hi"}"#, "`messages` must be an array"),
        Row("/api/chat", #"{\#(m),"messages":[{"role":"x","content":"y"}]}"#, "`messages[0].role`"),
        Row(
            "/api/chat", #"{\#(m),"messages":[{"role":"user","content":5}]}"#, "`messages[0].content` must be a string"),
        Row("/api/chat", #"{\#(m),\#(hi),"stream":"yes"}"#, "`stream` must be"),
        Row("/api/chat", #"{\#(m),\#(hi),"options":[]}"#, "`options` must be an object"),
        Row("/api/chat", #"{\#(m),\#(hi),"options":{"temperature":"hot"}}"#, "`options.temperature` must be a number"),
        Row(
            "/api/chat", #"{\#(m),\#(hi),"options":{"num_predict":"all"}}"#, "`options.num_predict` must be an integer"),
        Row("/api/chat", #"{\#(m),\#(hi),"options":{"repeat_penalty":-1}}"#, "`options.repeat_penalty`"),
        Row("/api/chat", #"{\#(m),\#(hi),"options":{"seed":1.5}}"#, "`options.seed` must be an integer"),
        Row("/api/chat", #"{\#(m),\#(hi),"format":"json"}"#, "`format` is not supported"),
        Row("/api/chat", #"{\#(m),\#(hi),"format":"xml"}"#, #"invalid format: "\"xml\""; expected "json" or"#),
        Row("/api/chat", #"{\#(m),\#(hi),"format":{"type":"object"}}"#, "`format` is not supported"),
        Row("/api/chat", #"{\#(m),\#(hi),"think":true}"#, "does not support thinking"),
        Row("/api/chat", #"{\#(m),\#(hi),"think":"hard"}"#, "`think` must be"),
        Row("/api/chat", #"{\#(m),\#(hi),"tools":[{"type":"function","function":{"name":"f"}}]}"#, "`tools`"),
        Row("/api/chat", #"{\#(m),\#(hi),"template":"x"}"#, "`template` is not supported"),
        Row("/api/chat", #"{\#(m),"messages":[{"role":"user","content":"a","images":["aGk="]}]}"#, "take images"),
        Row("/api/chat", #"{\#(m),\#(hi),"logprobs":true}"#, "`logprobs`"),
        Row("/api/generate", #"{\#(m),"prompt":5}"#, "`prompt` must be a string"),
        Row("/api/generate", #"{\#(m),"prompt":"a","images":["aGk="]}"#, "take images"),
        Row("/api/generate", #"{\#(m),"prompt":"a","suffix":"b"}"#, "`suffix`"),
        Row("/api/generate", #"{\#(m),"prompt":"a","raw":1}"#, "`raw` must be"),
        Row("/api/generate", #"{\#(m),"prompt":"a","context":"x"}"#, "`context` must be"),
        Row("/api/generate", #"{\#(m),"prompt":"a","context":[-1]}"#, "`context[0]` must be"),
        Row("/api/generate", #"{\#(m),"prompt":"a","template":"x"}"#, "`template` is not supported"),
        Row("/api/embed", #"{\#(m),"input":5}"#, "`input` must be"),
        Row("/api/embed", #"{\#(m),"input":"a","dimensions":3}"#, "`dimensions`"),
        Row("/api/pull", "{}", 501, "/api/pull"), Row("/api/blobs/sha256:00", "", 501, "/api/blobs"),
        Row("/api/tags", "{}", 405, "GET"),
    ]

    @Test(arguments: rows) func `invalid input gets a status and a message that says how to change it`(row: Row)
        async throws
    {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            let response = try await client.ask(.post, row.path, body: row.body)
            #expect(response.code == row.status)
            let reply = try response.json()
            #expect(reply.object?.map(\.key) == ["error"])
            #expect(reply["error"]?.string?.contains(row.words) == true, "\(reply)")
            #expect(try await client.ask(.get, "/health").code == 200, "the connection goes on")
        }
    }

    @Test func `a format that a model does not support is refused, not ignored`() async throws {
        var backend = ScriptedBackend([.text("a")])
        let sentence = "`format` is not supported by this model; leave it out."
        for isKnown in [false, true] {
            backend.capabilities = isKnown ? .responseFormat : []
            try await withClient(of: backend) { client, _ in
                for format in [#""json""#, #"{"type":"object"}"#] {
                    for (path, body) in [
                        ("/api/chat", Self.hi), ("/api/generate", #""prompt":"a""#),
                        ("/api/generate", #""prompt":"[1]","raw":true"#),
                    ] {
                        let response = try await client.ollama(path, body + #","stream":false,"format":\#(format)"#)
                        let error = try response.json()["error"]
                        #expect((error == .string(sentence)) == !isKnown, "\(body) \(format)")
                    }
                }
                #expect(try await client.ollama("/api/chat", Self.hi + #","format":"","stream":false"#).code == 200)
            }
        }
    }

    @Test func `a body that is too long or malformed is refused in Ollama's envelope`() async throws {
        try await withClient(of: ScriptedBackend(), .with(\.limits.maximumBodyBytes, 100)) { _, server in
            let malformed = "Transfer-Encoding: chunked\r\n\r\nx\r\n"
            for (path, isOllama) in [("/api/chat", true), ("/v1/chat/completions", false)] {
                for (rest, status) in [("Content-Length: 101\r\n\r\n", 413), (malformed, 400)] {
                    let client = try await RawClient(server)
                    try await client.send(Array("POST \(path) HTTP/1.1\r\nHost: localhost\r\n\(rest)".utf8))
                    let response = try await client.receiveResponse()
                    #expect(response.code == status)
                    let error = try response.json()["error"]
                    #expect((error?.string != nil) == isOllama)
                    await client.close()
                }
            }
        }
    }

    @Test func `an endpoint whose refinement is missing is a 501`() async throws {
        try await withClient(of: BareBackend()) { client, _ in
            for path in ["/api/chat", "/api/generate", "/api/embed", "/api/embeddings"] {
                let response = try await client.ollama(path, Self.hi)
                #expect(response.code == 501)
                #expect(try response.json()["error"]?.string?.contains("not supported") == true)
            }
        }
    }
}
