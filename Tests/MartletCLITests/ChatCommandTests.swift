import Foundation
import Martlet
import MartletJSON
import MartletTesting
import Testing

/// `martlet chat` and `martlet models` with pipes; the interop tests use a terminal.
struct ChatCommandTests {
    private func run(
        _ arguments: String..., url: String, environment: [String: String] = [:], input: String = ""
    ) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            MartletExecutable.url, arguments, environment: ["MARTLET_URL": url].merging(environment) { $1 },
            input: input
        ) { try await $0.outcome() }
    }

    private let models = FaultStep.json(#"{"object":"list","data":[{"id":"one","object":"model"},{"id":"two"}]}"#)
    private let answer: [FaultStep] = [
        .streamHead, .event(FaultStep.chunk(delta: #"{"reasoning_content":"hm"}"#)), .delta("Hel"), .delta("lo"),
        .finish(), .done, .close,
    ]

    // Checklist row S4-src-30.
    @Test func `a piped prompt prints the reply, and nothing else, to standard output`() async throws {
        try await withFaultServer([models], answer) { (server) async throws in
            let outcome = try await run("chat", url: server.url, input: "line one\nline two\n")
            #expect(outcome == .init(code: 0, output: "Hello\n", errors: ""))
            let body = server.requests.last?.json?.object
            #expect(body?["model"] == "one")
            #expect(body?["messages"]?.array?.first?.object?["content"] == "line one\nline two")
        }
    }

    @Test func `piped input is appended to the prompt of the command line`() async throws {
        try await withFaultServer(answer) { (server) async throws in
            let outcome = try await run(
                "chat", "--model", "m", "--system", "Be brief.", "--max-tokens", "9", "--temperature", "0", "--think",
                "low", "Sum", "it", "up:", url: "http://none.invalid",
                environment: ["MARTLET_URL": server.url + "/v1/"],
                input: "text")
            #expect(outcome.output == "Hello\n")
            let body = server.requests.last?.json?.object ?? [:]
            #expect(
                body["messages"]?.array?.compactMap { $0.object?["content"]?.string } == [
                    "Be brief.", "Sum it up:\n\ntext",
                ])
            #expect((body["model"], body["max_tokens"]) == ("m", 8096))
            #expect(body["reasoning_effort"] == "low")
        }
    }

    @Test func `a failure is one line on standard error, and a status`() async throws {
        try await withFaultServer([.json(#"{"error":{"message":"no such thing"}}"#, status: 404)]) {
            (server) async throws in
            let outcome = try await run("chat", "--model", "m", "hi", url: server.url)
            #expect((outcome.code, outcome.output) == (1, ""))
            #expect(outcome.errors == "martlet: the server answered 404: no such thing.\n")
        }
        let nothing = try await run("chat", "--model", "m", url: "http://127.0.0.1:1")
        #expect(nothing.code == 64 && nothing.errors.contains("There is no prompt"))
        let closed = try await run("models", url: "http://127.0.0.1:\(try FaultServer.refusedPort())")
        #expect(closed.code == 1 && closed.errors.hasPrefix("martlet: Failed to connect to 127.0.0.1"))
        #expect(closed.errors.hasSuffix(" Start a server with 'martlet serve', or name another with --url.\n"))
    }

    @Test func `a chat speaks the API that is asked for, with its own key`() async throws {
        let message =
            #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hello"}],"#
            + #""stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}"#
        try await withFaultServer([.json(message)]) { (server) async throws in
            let outcome = try await run(
                "chat", "--model", "m", "hi", url: "",
                environment: [
                    "MARTLET_DIALECT": "messages", "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "sk-2",
                    "OPENAI_API_KEY": "sk-1",
                ])
            #expect(outcome == .init(code: 0, output: "Hello\n", errors: ""))
            let request = server.requests.last
            #expect(request?.head.path == "/v1/messages")
            #expect(request?.head.fields["x-api-key"] == "sk-2")
            let elsewhere = try await run(
                "chat", "--dialect", "messages", "--model", "m", "hi", url: server.url,
                environment: ["ANTHROPIC_API_KEY": "sk-2"])
            #expect(elsewhere.code == 0)
            #expect(server.requests.last?.head.fields["x-api-key"] == nil)
        }
        let unknown = try await run("chat", "--dialect", "latin", "hi", url: "http://127.0.0.1:1")
        #expect(unknown.code == 64 && unknown.errors.contains("responses, messages"), "\(unknown)")
    }

    /// A file with some text, while `body` runs.
    private func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "a recipe.v2.json")
        try Data(text.utf8).write(to: file)
        try await body(file.path)
    }

    @Test func `a schema is the strict format of the reply`() async throws {
        let schema = #"{"type":"object","properties":{"title":{"type":"string"}},"required":["title"]}"#
        let reply: [FaultStep] = [
            .streamHead, .delta(#"{"title": "#), .delta(#""Cake"}"#), .finish(), .done, .close,
        ]
        try await withFile(schema) { file in
            try await withFaultServer(reply) { (server) async throws in
                let outcome = try await run("chat", "--model", "m", "--schema", file, "A cake?", url: server.url)
                #expect(outcome == .init(code: 0, output: "{\"title\": \"Cake\"}\n", errors: ""))
                let format: JSONValue = [
                    "type": "json_schema",
                    "json_schema": [
                        "name": "arecipe", "schema": try JSONValue(parsing: Array(schema.utf8)), "strict": true,
                    ],
                ]
                #expect(server.requests.last?.json?.object?["response_format"] == format)
            }
        }
    }

    @Test func `a reply that is not complete JSON is an error after its text`() async throws {
        let refusal = FaultStep.event(FaultStep.chunk(delta: #"{"refusal":"I cannot help."}"#))
        let cases: [([FaultStep], String, String)] = [
            ([.delta("{\"a"), .finish("length")], "{\"a\n", "The reply was cut off at the token limit, after 3 bytes"),
            ([refusal, .finish()], "", "The model refused: I cannot help."),
            ([.delta("Sure!"), .finish()], "Sure!\n", "The reply does not fit: the value is not JSON: "),
        ]
        try await withFile("{}") { file in
            for (steps, output, text) in cases {
                try await withFaultServer([.streamHead] + steps + [.done, .close]) { (server) async throws in
                    let outcome = try await run("chat", "--model", "m", "--schema", file, "Hi", url: server.url)
                    #expect((outcome.code, outcome.output) == (1, output))
                    #expect(outcome.errors.hasPrefix("martlet: \(text)"), "\(outcome.errors)")
                    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
                }
            }
        }
    }

    @Test func `several servers get the same schema`() async throws {
        let text = { (text: String) in
            #"{"choices":[{"message":{"role":"assistant","content":"\#(text)"},"finish_reason":"stop"}]}"#
        }
        try await withFile("{}") { (file) async throws in
            try await withFaultServer([.json(text("Sure!"))], [.json(text("Sure!"))]) { (one) async throws in
                try await withFaultServer([.json(text("[7]"))], [.json(text("No."))]) { (two) async throws in
                    let ask = {
                        try await run(
                            "chat", "--model", "m", "--schema", file, "--compare", "\(two.url)|n", "--", "hi",
                            url: one.url)
                    }
                    let outcome = try await ask()
                    #expect(outcome.code == 0)
                    #expect(outcome.output.contains("Sure!\n") && outcome.output.contains("[7]\n"))
                    #expect(outcome.errors.hasPrefix("martlet: The reply does not fit: the value is not JSON"))
                    let failed = try await ask()
                    #expect(failed.code == 1)
                    #expect(two.requests.allSatisfy { $0.json?.object?["response_format"] != nil })
                }
            }
        }
    }

    @Test func `a server that refuses the schema is not asked again without it`() async throws {
        try await withFile("{}") { file in
            let error = FaultStep.json(#"{"error":{"message":"Invalid schema"}}"#, status: 400)
            try await withFaultServer([error]) { (server) async throws in
                let outcome = try await run("chat", "--model", "m", "--schema", file, "Hi", url: server.url)
                #expect(outcome.code == 1 && outcome.output == "")
                #expect(outcome.errors == "martlet: the server answered 400: Invalid schema.\n")
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `a schema that is missing, malformed or no object is invalid input`() async throws {
        func fault(_ file: String) async throws -> String {
            let outcome = try await run("chat", "--model", "m", "--schema", file, "Hi", url: "http://127.0.0.1:1")
            #expect(outcome.code == 64 && outcome.output == "", "\(outcome)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            #expect(outcome.errors.hasSuffix(" See 'martlet chat --help'.\n"))
            return outcome.errors
        }
        #expect(try await fault("/no/such/file").contains("--schema: /no/such/file cannot be read: "))
        #expect(try await fault("/").contains("--schema: / cannot be read: "))
        #expect(try await fault("").contains("--schema needs a file"))
        let texts = [
            ("{\n\"type\": }", "is not JSON: Expected a value, but found `}`. (line 2, column 9)"),
            ("", "is not JSON: The text is empty"), ("true", "must be an object"),
        ]
        for (text, problem) in texts {
            try await withFile(text) { (file) async throws in #expect(try await fault(file).contains(problem)) }
        }
    }

    @Test func `models are listed one per line`() async throws {
        try await withFaultServer([models]) { (server) async throws in
            #expect(try await run("models", url: server.url) == .init(code: 0, output: "one\ntwo\n", errors: ""))
        }
    }

    @Test func `a proxy from the environment is used`() async throws {
        try await withFaultServer([models]) { (proxy) async throws in
            let environment = ["http_proxy": proxy.url, "no_proxy": "", "NO_PROXY": ""]
            let outcome = try await run("models", url: "http://api.example", environment: environment)
            #expect(outcome.output == "one\ntwo\n")
            #expect(proxy.requests.first?.head.target == "http://api.example/v1/models")
        }
    }

    @Test func `several servers get the same prompt`() async throws {
        let text = { (text: String) in
            #"{"choices":[{"message":{"role":"assistant","content":"\#(text)"},"finish_reason":"stop"}]}"#
        }
        try await withFaultServer([.json(text("one"))]) { (one) async throws in
            try await withFaultServer([.json(text("two"))]) { (two) async throws in
                let outcome = try await run(
                    "chat", "--model", "m", "--compare", "\(two.url)|n|sk-1", "--", "hi", url: one.url)
                #expect(outcome.code == 0)
                #expect(outcome.output.contains("\(one.url)/v1 m") && outcome.output.contains("\(two.url)/v1 n"))
                #expect(outcome.output.contains("one\n") && outcome.output.contains("two\n"))
                #expect(two.requests.first?.head.fields["Authorization"] == "Bearer sk-1")
            }
        }
    }

    @Test func `a key is sent to its own server only`() async throws {
        try await withFaultServer([models]) { (server) async throws in
            let keys = ["OPENAI_API_KEY": "sk-openai", "OPENAI_BASE_URL": ""]
            _ = try await run("models", url: server.url, environment: keys)
            _ = try await run(
                "models", url: server.url, environment: keys.merging(["MARTLET_API_KEY": "sk-own"]) { $1 })
            _ = try await run("models", url: "", environment: keys.merging(["OPENAI_BASE_URL": server.url]) { $1 })
            let sent = server.requests.map { $0.head.fields["Authorization"] }
            #expect(sent == [nil, "Bearer sk-own", "Bearer sk-openai"])
        }
    }
}
