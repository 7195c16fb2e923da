import Foundation
import MartletGateway
import Testing

@testable import MartletCLI

/// What a gateway's configuration file may have, and what is said of one that is wrong.
struct GatewayFileTests {
    /// The problems of a file, without its name.
    private static func problems(_ content: String) async throws -> [String] {
        try await TemporaryFile.with(content) { try problems($0) }
    }

    private static func problems(_ file: TemporaryFile) throws -> [String] {
        let error = #expect(throws: ConfigurationError.self) { try GatewayFile(reading: file.path) }
        let lines = error?.lines ?? []
        #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix(file.path + ":") && !$0.contains("\n") }, "\(lines)")
        return lines.map { String($0.dropFirst(file.path.count + 1)) }
    }

    @Test func `a file has everything that options can say, and more`() async throws {
        let content = """
            upstreams:
              - url: http://gpu-1:8000
                kind: vllm
                name: one
                key: PATH
                models: [a, b]
                weight: 2.5
                priority: 1
              - {url: "https://api.openai.com", models: {big: gpt-4o}, forward_key: true}
            routing: {policy: consistent-hash, load_factor: 1.5}
            retries: 2
            health_interval: 2.5
            pass_through: true
            timeouts: {connect: 500ms, head: 10m, first_token: none, idle: 30, total: 1h}
            """
        let file = try await TemporaryFile.with(content) { try GatewayFile(reading: $0.path) }
        var first = Upstream(
            "http://gpu-1:8000", kind: .vLLM, name: "one", key: .environment("PATH"), models: ["a": "a", "b": "b"])
        (first.weight, first.priority) = (2.5, 1)
        var second = Upstream("https://api.openai.com", models: ["big": "gpt-4o"])
        second.forwardsKey = true
        #expect(file.upstreams == [first, second])
        #expect(file.configuration.routing == .consistentHashing(loadFactor: 1.5))
        #expect(file.configuration.retries == 2 && file.passesThrough)
        #expect(file.configuration.healthInterval == .milliseconds(2500))
        var timeouts = GatewayTimeouts()
        (timeouts.connect, timeouts.head, timeouts.idle) = (.milliseconds(500), .seconds(600), .seconds(30))
        (timeouts.firstToken, timeouts.total) = (nil, .seconds(3600))
        #expect(file.configuration.timeouts == timeouts)
    }

    @Test func `the example of the documentation is valid`() async throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/gateway.md")
        let text = try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
        let example = try #require(text.firstMatch(of: /```yaml\n((?s).*?)```/)).1
        let content = String(example).replacing("OPENAI_API_KEY", with: "PATH")
        let file = try await TemporaryFile.with(content) { try GatewayFile(reading: $0.path) }
        #expect(file.upstreams.map(\.name) == ["gpu-1:8000", "gpu-2:8000", "openai"])
    }

    @Test func `JSON is a configuration too, and what is left out has its default`() async throws {
        let content = #"{"upstreams": [{"url": "gpu-1:8000"}], "routing": "power-of-two"}"#
        let file = try await TemporaryFile.with(content) { try GatewayFile(reading: $0.path) }
        #expect(file.upstreams == ["gpu-1:8000"])
        #expect(file.configuration.routing == .powerOfTwoChoices)
        #expect(file.configuration.timeouts == GatewayTimeouts() && !file.passesThrough)
    }

    @Test func `the settings of a policy belong to it`() async throws {
        let text = "upstreams: [{url: x}]\nrouting: {policy: prefix-affinity, imbalance_tokens: 9}"
        let file = try await TemporaryFile.with(text) { try GatewayFile(reading: $0.path) }
        #expect(file.configuration.routing == .prefixAffinity(imbalanceTokens: 9))
        #expect(
            try await Self.problems("upstreams: [{url: x}]\nrouting: {policy: power-of-two, load_factor: 2}")
                == ["2: unknown key 'load_factor' in routing; known are policy"])
    }

    @Test(
        arguments: [
            ("weigth: 2", "unknown key 'weigth' in upstreams[0]; did you mean 'weight'?"),
            (
                "frequency: 2",
                "unknown key 'frequency' in upstreams[0]; known are url, kind, apis, name, key, key_file, "
            ),
            ("kind: vlm", "'kind' in upstreams[0] must be one of openai, vllm, sglang, llamacpp, ollama, martlet, "),
            ("apis: [respones]", "must be one of responses, messages, but it is 'respones'; did you mean 'responses'?"),
            ("apis: messages", "must be a list"),
            ("kind: vlm", "but it is 'vlm'; did you mean 'vllm'?"),
            ("weight: 0", "'weight' in upstreams[0] must be a number above 0 and at most 1000, but it is '0'"),
            ("weight: \"2\"", "must be a number above 0 and at most 1000, but it is the text '2'"),
            ("weight: [2]", "must be a number above 0 and at most 1000, but it is a list"),
            ("priority: 1.5", "'priority' in upstreams[0] must be a whole number within 0...1000, but it is '1.5'"),
            ("name: {a: b}", "'name' in upstreams[0] must be text, but it is a mapping"),
            ("name: ''", "'name' in upstreams[0] must be text"), ("name:", "'name' in upstreams[0] has no value"),
            ("models: []", "'models' in upstreams[0] has no model"),
            ("models: [a, b, a]", "upstreams[0].models[2] is 'a' again"),
            ("models: {a: [b]}", "'a' in upstreams[0].models must be text, but it is a list"),
            ("key: MARTLET_NO_SUCH_KEY", "names the variable MARTLET_NO_SUCH_KEY, which is not set"),
            ("key_file: none.txt", "'key_file' in upstreams[0] names a file that cannot be used: "),
            ("forward_key: maybe", "'forward_key' in upstreams[0] must be true or false, but it is 'maybe'"),
            ("forward_key: 'true'", "must be true or false, but it is the text 'true'"),
            ("[a]: b", "a key in upstreams[0] must be a name"),
        ])
    func `a problem of an upstream is named with its line and key`(line: String, problem: String) async throws {
        let problems = try await Self.problems("upstreams:\n  - url: x\n    \(line)\n")
        #expect(!problems.isEmpty && problems.allSatisfy { $0.hasPrefix("3: ") }, "\(problems)")
        #expect(problems.first?.contains(problem) == true, "\(problems)")
    }

    @Test(
        arguments: [
            ("", "1: the file is empty"), ("# nothing\n", "1: the file is empty"), ("---\n", "1: the file is empty"),
            ("[a]", "1: the file must be a mapping of keys to values, but it is a list"),
            ("a", "1: the file must be a mapping of keys to values, but it is 'a'"),
            ("retries: 1", "1: the file needs the key 'upstreams'"), ("upstreams:", "1: 'upstreams' has no value"),
            ("upstreams: []", "1: 'upstreams' has no upstream"), ("upstreams: x", "1: 'upstreams' must be a list"),
            ("upstreams:\n- a", "2: upstreams[0] must be a mapping of keys to values, but it is 'a'"),
            ("upstreams:\n- kind: vllm", "2: upstreams[0] needs the key 'url'"),
            ("upstreams: [\n{url: x},\n{url: x}]", "3: upstreams[1] has the name 'x', as upstreams[0] in line 2 has"),
            ("upstreams: [\n{url: x, key: A, key_file: b}]", "2: 'key' in upstreams[0] names the variable A"),
            (
                "upstreams:\n- url: x\n  key: PATH\n  forward_key: true",
                "4: 'forward_key' in upstreams[0] contradicts 'key' in upstreams[0]; leave one of them out"
            ),
            ("upstreams:\n- url: x\n  url: y", "3: the key 'url' comes twice"),
            ("upstreams: [{url: x,\n kind: vllm, url: y}]", "2: the key 'url' comes twice"),
            ("upstreams:\n- \"url\": x\n  kind: vllm\n  'url': y", "4: the key 'url' comes twice"),
            ("upstreams:\n- url: é\n\nretries: 1\nupstreams: []", "5: the key 'upstreams' comes twice"),
            ("a: b\n c: d", "2: this is not YAML: mapping values are not allowed in this context"),
            ("upstreams:\n\t- url: x", "2: this is not YAML: found character that cannot start any token"),
            ("a: 1\n---\nb: 1", "2: this is not YAML: but found another document"),
            ("a: 1\nb: \"\u{1}\"", "2: this is not YAML: control characters are not allowed"),
            ("a: &x [1]\nb: *x", "2: aliases are not supported"),
            ("? &x [1]\n: 1\n? [*x, *x]\n: 1", "3: aliases are not supported"),
        ])
    func `a file that is wrong as a whole is named with its line`(content: String, problem: String) async throws {
        let problems = try await Self.problems(content)
        #expect(problems.first?.hasPrefix(problem) == true, "\(problems)")
    }

    @Test(arguments: ["sk-proj-1234", "gsk_1234", "1234", "a b"])
    func `what stands in the place of a key's variable is not repeated`(key: String) async throws {
        let problems = try await Self.problems("upstreams:\n- url: x\n  key: \(key)")
        #expect(problems.count == 1 && !problems[0].contains(key) && problems[0].contains("variable"), "\(problems)")
    }

    @Test(arguments: [
        "ftp://x", "http://", "http://a b", "a?b", "http://a://b", "a:", "a:x", "[::1", "[x]:1", "a]", ":80",
    ])
    func `what is no URL is refused`(url: String) async throws {
        let problems = try await Self.problems("upstreams:\n- url: '\(url)'")
        #expect(
            problems == ["2: 'url' in upstreams[0] must be a URL such as http://127.0.0.1:8000, but it is '\(url)'"])
    }

    @Test(arguments: ["http://a:0", "a:65536", "https://[::1]:99999/v1", "a:123456789012345678901234567890"])
    func `a port that no server can have is refused`(url: String) async throws {
        let problems = try await Self.problems("upstreams:\n- url: '\(url)'")
        #expect(problems == ["2: 'url' in upstreams[0] must have a port within 1...65535, but it is '\(url)'"])
    }

    @Test(arguments: ["http://me:secret@a", "me@a:80", "https://a/@", "http://:secret@a:0"])
    func `a user name or a password in a URL is refused, and not repeated`(url: String) async throws {
        let problems = try await Self.problems("upstreams:\n- url: '\(url)'")
        #expect(
            problems == [
                "2: 'url' in upstreams[0] must be a URL without a user name and a password; name what has the API key "
                    + "with key or key_file"
            ])
    }

    @Test(arguments: ["http://a", "a", "a:1", "A.example:65535/x/v1", "https://[2001:db8::1]", "http://[::1]:80/v1"])
    func `hosts, addresses, ports and paths are URLs`(url: String) async throws {
        let file = try await TemporaryFile.with("upstreams:\n- url: '\(url)'") { try GatewayFile(reading: $0.path) }
        #expect(file.upstreams.count == 1)
    }

    @Test(arguments: ["0", "-1", "1d", "5 minutes", "ms", "1e9", "nan", "[1]", "'30'", "0.0001"])
    func `what is no duration is refused`(text: String) async throws {
        for key in ["idle", "total"] {
            let problems = try await Self.problems("upstreams: [{url: x}]\ntimeouts: {\(key): \(text)}")
            #expect(problems.first?.hasPrefix("2: '\(key)' in timeouts must be a duration") == true, "\(problems)")
            #expect(problems.count == 1)
        }
    }

    @Test func `all problems are reported, in the order of their lines`() async throws {
        let content = "retrys: 1\nupstreams:\n- url: x\n  wait: 1\n- {}\n- kind: x\n  url: y\ntimeouts: 3"
        let problems = try await Self.problems(content)
        #expect(problems.map { $0.prefix(2) } == ["1:", "4:", "5:", "6:", "8:"], "\(problems)")
    }

    @Test func `every key that comes again is reported`() async throws {
        let content = "upstreams:\n- {url: x, url: y}\n- url: z\n  kind: vllm\n  url: z\n  kind: vllm\n  url: z\n"
        let again = "comes twice in the same mapping; leave one of them out"
        #expect(
            try await Self.problems(content) == [
                "2: the key 'url' \(again)", "5: the key 'url' \(again)", "6: the key 'kind' \(again)",
                "7: the key 'url' \(again)",
            ])
    }

    @Test func `of very many problems the first are shown`() async throws {
        let problems = try await Self.problems("upstreams:\n" + String(repeating: "- a\n", count: 1000))
        #expect(problems.count == 21 && problems.last == " and 980 problems more")
    }

    @Test func `a file of another encoding, too long or too deep is refused`() async throws {
        try await TemporaryFile.with("") { file in
            try file.write(Array("upstreams:\n- url: ".utf8) + [0xFF])
            #expect(try Self.problems(file) == ["2: this is not UTF-8; save the file in that encoding"])
            try file.write(String(repeating: "#", count: 4 << 20 | 1))
            #expect(try Self.problems(file).first?.hasPrefix(" the file is larger than 4 MiB") == true)
            for text in ["[", "- ", "{a: ", "? "] {
                try file.write("\n" + String(repeating: text, count: 500_000))
                #expect(try Self.problems(file) == ["2: this nests too deeply; no setting has so many levels"])
            }
        }
    }

    @Test func `a path that leads to no file is refused`() async throws {
        try await TemporaryFile.with("") { file in
            let folder = file.url.deletingLastPathComponent()
            for (path, problem) in [(folder.path, "not a regular file"), (file.path + "x", "no such file")] {
                let error = #expect(throws: ConfigurationError.self) { try GatewayFile(reading: path) }
                #expect(error?.lines.count == 1 && error?.description.contains(problem) == true)
            }
        }
    }

    @Test func `a key's file is looked for beside the configuration`() async throws {
        try await TemporaryFile.with("upstreams: [{url: x, key_file: key.txt}]") { file in
            let key = file.url.deletingLastPathComponent().appending(path: "key.txt")
            try Data(" \n".utf8).write(to: key)
            #expect(try Self.problems(file).first?.hasSuffix("key.txt, which is empty; write the key into it") == true)
            try Data("secret\n".utf8).write(to: key)
            #expect(try GatewayFile(reading: file.path).upstreams.map(\.key) == [.file(key.path)])
        }
    }
}
