import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// API keys on the command line: making them, and serving with them.
@Suite(.serialized) struct KeysCommandTests {
    private func newKey(_ arguments: String...) async throws -> (key: String, line: String) {
        let outcome = try await ChildProcess.run(MartletExecutable.url, ["keys", "new"] + arguments) {
            try await $0.outcome()
        }
        #expect(outcome.code == 0, "\(outcome)")
        return (outcome.errors.trimmingCharacters(in: .newlines), outcome.output)
    }

    @Test func `a new key is on standard error, and its line on standard output`() async throws {
        let (key, line) = try await newKey(
            "ada", "--permissions", "infer", "--expires", "2027-01-31", "--models", "toy")
        #expect(key.wholeMatch(of: /mk-[A-Za-z0-9_-]{43}/) != nil, "\(key)")
        let pattern = /ada sha256:[0-9a-f]{64} permissions=infer models=toy expires=2027-01-31\n/
        #expect(line.wholeMatch(of: pattern) != nil, "\(line)")
        let limited = try await newKey(
            "ada", "--requests-per-minute", "60", "--tokens-per-minute", "9000", "--concurrent-requests", "2")
        #expect(
            limited.line.hasSuffix(
                " permissions=infer,embed requests-per-minute=60 tokens-per-minute=9000 concurrent-requests=2\n"))
        let other = try await newKey("ada")
        #expect(other.key != key)
        #expect(other.line.hasSuffix(" permissions=infer,embed\n"))
    }

    @Test(arguments: [
        (["new"], "Missing expected argument '<name>'"), (["new", "a b"], "the name may have"),
        (["new", "a", "--permissions", "all"], "none of infer, embed, metrics, admin"),
        (["new", "a", "--expires", "soon"], "a date such as 2027-01-31"),
        (["new", "a", "--requests-per-minute", "0"], "requests-per-minute= must be a whole number from 1"),
        (["nwe"], "'nwe'"),
    ])
    func `invalid input is one line that names it`(arguments: [String], text: String) async throws {
        let outcome = try await ChildProcess.run(MartletExecutable.url, ["keys"] + arguments) { try await $0.outcome() }
        #expect(outcome.code == 64 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.hasPrefix("martlet: ") && outcome.errors.contains(text), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test func `a file's keys are accepted, and a line that is added counts after SIGHUP`() async throws {
        let file = URL.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let (first, second) = (try await newKey("ada"), try await newKey("bob"))
        try Data(first.line.utf8).write(to: file)
        try await MartletExecutable.serve(["--port", "0", "--api-keys-file", file.path]) { server in
            #expect(server.child.output.text.contains("-H 'Authorization: Bearer KEY'"))
            let client = try await server.connect()
            #expect(try await client.ask(.get, "/v1/models").code == 401)
            #expect(try await client.ask(.get, "/v1/models", fields: ["x-api-key": first.key]).code == 200)
            #expect(try await client.ask(.get, "/load", fields: ["x-api-key": first.key]).code == 403)
            try Data((first.line + second.line).utf8).write(to: file)
            server.child.signal(SIGHUP)
            try await eventually("the second key") {
                try await client.ask(.get, "/v1/models", fields: ["x-api-key": second.key]).code == 200
            }
            #expect(!server.child.errors.text.contains(first.key) && !server.child.output.text.contains(first.key))
        }
    }

    @Test func `keys are options or variables, and a weak one is warned of without being shown`() async throws {
        try await MartletExecutable.serve(
            ["--port", "0", "--api-key", "hunter2", "--api-key", "correct-horse-battery-staple"],
            environment: ["MARTLET_API_KEY": "unused"]
        ) { server in
            let client = try await server.connect()
            for (key, code) in [("hunter2", 200), ("correct-horse-battery-staple", 200), ("unused", 401)] {
                #expect(try await client.ask(.get, "/load", fields: ["api-key": key]).code == code)
            }
            let log = server.child.errors.text
            #expect(log.contains("API key 1 is shorter") && !log.contains("API key 2") && !log.contains("hunter2"))
        }
        try await MartletExecutable.serve(["--port", "0"], environment: ["MARTLET_API_KEY": "one, two"]) { server in
            let client = try await server.connect()
            #expect(try await client.ask(.get, "/v1/models", fields: ["api-key": "two"]).code == 200)
        }
    }

    @Test(arguments: [["--no-auth"], ["--api-key", "k"]])
    func `an address that other machines reach needs keys or a refusal of them`(options: [String]) async throws {
        try await MartletExecutable.serve(["--port", "0", "--host", "0.0.0.0"] + options) { server in
            let client = try await server.connect()
            let code = try await client.ask(.get, "/v1/models").code
            #expect(code == (options.count == 1 ? 200 : 401))
        }
    }

    @Test func `--no-auth overrides keys of the environment`() async throws {
        try await MartletExecutable.serve(["--port", "0", "--no-auth"], environment: ["MARTLET_API_KEY": "k"]) {
            server in
            let client = try await server.connect()
            #expect(try await client.ask(.get, "/v1/models").code == 200)
        }
        let both = ["MARTLET_API_KEY": "k", "MARTLET_NO_AUTH": "1"]
        let outcome = try await MartletExecutable.run("serve", "--port", "0", environment: both)
        #expect(outcome.code == 64 && outcome.errors.contains("MARTLET_NO_AUTH contradicts"), "\(outcome)")
    }
}
