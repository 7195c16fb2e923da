import Martlet
import MartletGateway
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Ollama's API in front of upstreams of OpenAI's, compared with the same requests that are sent directly.
@Suite(.serialized)
struct OllamaTests {
    private static let tool =
        #"{"type":"function","function":{"name":"get","description":"Gets.","parameters":{"type":"object","properties":"#
        + #"{"a":{"type":"integer"}},"required":["a"]}}}"#

    private static let chats = [
        #""messages":[{"role":"user","content":"Hello"}]"#,
        #""messages":[{"role":"system","content":"Be."},{"role":"user","content":"Hello"}],"options":{"temperature":0.25,"#
            + #""top_k":7,"top_p":0.5,"min_p":0.125,"typical_p":0.75,"repeat_penalty":1.5,"presence_penalty":0.5,"#
            + #""frequency_penalty":-0.5,"seed":42,"stop":["END","\n\n"],"num_predict":77},"keep_alive":"5m""#,
        #""messages":[{"role":"user","content":"Hello"}],"options":{"temperature":1,"top_p":1,"repeat_penalty":1}"#,
        #""messages":[{"role":"user","content":"Hello"}],"format":"json""#,
        #""messages":[{"role":"user","content":"Hello"}],"format":{"type":"object","properties":{"a":{"type":"string"}}}"#,
        #""messages":[{"role":"user","content":"Hello"}],"think":true"#,
        #""messages":[{"role":"user","content":"Hello"}],"think":false"#,
        #""messages":[{"role":"user","content":"Hello"}],"think":"high""#,
        #""messages":[{"role":"user","content":"Look","images":["iVBORw0KGgo="]}]"#,
        #""messages":[{"role":"user","content":"Go on"},{"role":"assistant","content":"Once"}]"#,
        #""messages":[{"role":"user","content":"a?"},{"role":"assistant","content":"","thinking":"Hm.","tool_calls":[{"#
            + #""function":{"name":"get","arguments":{"a":1}}}]},{"role":"tool","tool_name":"get","content":"2"}],"tools":["#
            + tool + "]",
    ]

    private static let generations = [
        #""prompt":"Hello","system":"Be.","options":{"num_predict":5}"#,
        #""prompt":"Hello","think":"low","images":["/9j/4AAQ"]"#,
        #""prompt":"Hello","raw":true"#,
        #""prompt":"Hello","raw":true,"options":{"num_predict":9,"seed":3,"stop":"x"},"format":"json""#,
        #""prompt":"Hello","suffix":"Bye","options":{"temperature":0}"#,
    ]

    private static let errors = [
        ("/api/chat", #"{"model":"none","messages":[{"role":"user","content":"Hello"}]}"#),
        ("/api/chat", #"{"model":"echo","messages":[{"role":"user","content":"Hello"}],"options":{"temperature":9}}"#),
        ("/api/chat", #"{"model":"echo","messages":[{"role":"user","content":"Hello"}],"think":"very"}"#),
        (
            "/api/chat",
            #"{"model":"echo","messages":[{"role":"user","content":"Hello"}],"format":{"type":"string","pattern":"("}}"#
        ),
        ("/api/generate", #"{"model":"echo","prompt":"Hello","template":"x"}"#),
        ("/api/embed", #"{"model":"echo","input":"Hello","dimensions":9}"#),
        ("/api/embed", #"{"model":"echo","input":7}"#),
    ]

    private static let requests =
        chats.map { ("/api/chat", $0) } + generations.map { ("/api/generate", $0) } + [
            ("/api/embed", #""input":"Hello""#), ("/api/embed", #""input":["One","Three"],"truncate":false"#),
            ("/api/embed", #""input":"Hello","dimensions":2"#), ("/api/embeddings", #""prompt":"Hello""#),
            ("/api/chat", #""messages":[]"#), ("/api/generate", #""prompt":"","keep_alive":0"#),
        ]

    /// Sends requests to a server and through a gateway to it.
    private func compare(_ backend: some Backend, _ requests: [(path: String, body: String)]) async throws {
        try await withServer(backend) { server in
            let direct = try await RawClient(server)
            try await withGateway([Upstream(server.url, kind: .martlet)]) { client, _ in
                for (path, body) in requests {
                    let expected = try await direct.post(path, body)
                    let response = try await client.post(path, body)
                    #expect(response.head.status == expected.head.status, "\(path) \(body)")
                    #expect(response.ollamaLines == expected.ollamaLines, "\(path) \(body)")
                    #expect(response.head.fields["content-type"] == expected.head.fields["content-type"])
                }
            }
        }
    }

    @Test func `everything that a client asks for arrives, and the answer is the upstream's`() async throws {
        try await compare(
            EchoBackend(),
            Self.requests.flatMap { path, members in
                ["", #","stream":false"#].map { (path, #"{"model":"echo",\#(members)\#($0)}"#) }
            })
    }

    @Test func `errors are those of the upstream, in Ollama's shape`() async throws {
        try await compare(EchoBackend(), Self.errors)
    }

    @Test(
        arguments: [
            ("reasoning", [ScriptedStep.emit(.reasoning("Let me ")), .emit(.reasoning("see.")), .text("56")]),
            (
                "tool calls",
                [
                    .text("Well."),
                    .emit(.toolCall(ToolCallFragment(index: 0, id: "call_a", name: "get", arguments: #"{"a":"#))),
                    .emit(.toolCall(ToolCallFragment(index: 0, arguments: "1}"))),
                    .emit(.toolCall(ToolCallFragment(index: 1, id: "call_b", name: "get", arguments: #"{"a":2}"#))),
                ]
            ),
            (
                "log-probabilities, with a character of two tokens and a special token",
                [
                    .emit(.token(Token(id: 1, bytes: Array("H".utf8), logprob: -0.5))),
                    .emit(.token(Token(id: 2, bytes: [0xC3], logprob: -1))),
                    .emit(.token(Token(id: 3, bytes: [0xA9], logprob: -0.25))), .emit(.finish(.length)),
                ]
            ), ("nothing", []), ("a stop string", [.text("One, S"), .text("TOP, two")]),
            ("a failure", [.fail(BackendError.contextLengthExceeded("messages", promptTokens: 9, contextLength: 8))]),
            ("a late failure", [.text("One"), .fail(BackendError.failed("Out of memory."))]),
            ("a filter", [.text("One"), .emit(.finish(.contentFilter)), .emit(.usage(promptTokens: 9))]),
        ])
    func `what a model generates is the same as without a gateway`(
        _ name: String, _ script: [ScriptedStep]
    ) async throws {
        var backend = ScriptedBackend(script)
        backend.capabilities = [.tools, .logprobs, .reasoning]
        let logprobs = name.hasPrefix("log") ? #","logprobs":true,"top_logprobs":0"# : ""
        let members =
            #""messages":[{"role":"user","content":"Hello"}],"tools":[\#(Self.tool)],"options":{"stop":["STOP"]}\#(logprobs)"#
        // Which call fails in a stream that is not one is not the same.
        let modes = name.hasPrefix("a late") ? [""] : ["", #","stream":false"#]
        try await compare(backend, modes.map { ("/api/chat", #"{"model":"scripted",\#(members)\#($0)}"#) })
    }

    @Test func `the embedded model answers the same, but for the tokens of the context`() async throws {
        try await withToy { toy in
            let direct = try await RawClient(toy)
            try await withGateway([Upstream(toy.url, kind: .martlet, models: ["toy": "toy"])]) { client, _ in
                for (path, members) in [
                    ("/api/chat", #""messages":[{"role":"user","content":"What is 7 times 8?"}],"think":true"#),
                    ("/api/chat", #""messages":[{"role":"user","content":"Hello!"}],"logprobs":true,"top_logprobs":2"#),
                    ("/api/generate", #""prompt":"Hello!""#), ("/api/generate", #""prompt":"Once upon","raw":true"#),
                    ("/api/generate", #""prompt":"Once","raw":true,"logprobs":true,"top_logprobs":2"#),
                    ("/api/embed", #""input":["a red fox","the sea"]"#),
                ] {
                    for mode in ["", #","stream":false"#] {
                        let body = #"{"model":"toy",\#(members),"options":{"temperature":0,"num_predict":12}\#(mode)}"#
                        let expected = try await direct.post(path, body)
                        let response = try await client.post(path, body)
                        #expect(response.head.status == .ok)
                        #expect(response.head.fields["x-upstream-request-id"] != nil)
                        #expect(response.ollamaLines == expected.ollamaLines, "\(path) \(body)")
                    }
                }
            }
        }
    }
}

extension HTTPResponse {
    /// The lines of a reply of Ollama's API without what differs between two requests for the same.
    var ollamaLines: [String] {
        text.split(separator: "\n").map { line in
            guard var object = try? JSONValue(parsing: Array(line.utf8)).object else { return String(line) }
            for name in [
                "created_at", "total_duration", "load_duration", "prompt_eval_duration", "eval_duration", "context",
            ] {
                object[name] = nil
            }
            return JSONValue.object(object).description
        }
    }
}
