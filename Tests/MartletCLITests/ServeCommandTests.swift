import Foundation
import Martlet
import MartletTesting
import Testing

/// The command from the outside: what it prints, what it listens on, what it takes from where.
@Suite(.serialized) struct ServeCommandTests {
    @Test func `it prints the address, the model and a request to try, and by then it answers that request`()
        async throws
    {
        try await MartletExecutable.serve { server in
            let lines = server.child.output.text.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.first == "Martlet \(Version.current) serves toy on http://127.0.0.1:\(server.port)")
            let command = try #require(lines.last?.wholeMatch(of: /Try: curl -N (\S+) -H '(\S+): (\S+)' -d '(.+)'/))
            #expect(command.1 == "http://127.0.0.1:\(server.port)/v1/chat/completions")

            let client = try await server.connect()
            var fields = HTTPFields()
            fields.append(String(command.2), String(command.3))
            let response = try await client.ask(
                .post, "/v1/chat/completions", fields: fields, body: String(command.4))
            #expect(response.code == 200)
            let events = response.events
            #expect(events.last == "data: [DONE]")
            let content = try events.dropLast().map { event in
                try JSONValue(parsing: Array(event.dropFirst("data: ".count).utf8))
                    .object?["choices"]?.array?.first?.object?["delta"]?.object?["content"]?.string ?? ""
            }
            #expect(content.joined().contains("Paris"))
            #expect(server.child.errors.text == "")
        }
    }

    @Test func `the version is the same everywhere`() async throws {
        let outcome = try await MartletExecutable.run("--version")
        #expect(outcome == ChildProcess.Outcome(code: 0, output: "\(Version.current)\n", errors: ""))
        try await MartletExecutable.serve { server in
            let response = try await server.connect().ask(.get, "/version")
            #expect(response.text == #"{"version":"\#(Version.current)"}"#)
        }
    }

    @Test(arguments: ["tiny-gpt2", "./tiny-gpt2/", ".", "..", "tiny-gpt2/../tiny-gpt2//"])
    func `a folder's name is the model's id`(path: String) async throws {
        try await ModelFolder.with { folder in
            let inside = folder.appending(path: "inside")
            try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: false)
            let current = [".": folder, "..": inside][path] ?? folder.deletingLastPathComponent()
            let id = try await MartletExecutable.serve(["--port", "0", "--model", path], folder: current) { server in
                #expect(server.child.output.text.contains("serves tiny-gpt2 on"))
                return try await server.modelID()
            }
            #expect(id == "tiny-gpt2")
        }
    }

    @Test func `a name of its own wins over the folder's`() async throws {
        let id = try await MartletExecutable.serve(["--port", "0", "--name", "org/model:7b"]) { server in
            try await server.modelID()
        }
        #expect(id == "org/model:7b")
    }

    @Test func `the environment says what the command line does not`() async throws {
        try await ModelFolder.with { folder in
            let environment = [
                "MARTLET_PORT": "0", "MARTLET_MODEL": folder.path, "MARTLET_LOOPS": "2", "MARTLET_HOST": "localhost",
                "MARTLET_NAME": "",
            ]
            try await MartletExecutable.serve([], environment: environment) { server in
                let id = try await server.modelID()
                #expect(id == "tiny-gpt2")
            }
        }
    }

    @Test func `options win over the environment`() async throws {
        let environment = [
            "MARTLET_PORT": "99999", "MARTLET_NAME": "from-environment", "MARTLET_MODEL": "/nonexistent",
            "MARTLET_HOST": "nonexistent.invalid", "MARTLET_LOOPS": "0",
        ]
        try await ModelFolder.with { folder in
            let options = [
                "--port", "0", "--name", "from-options", "--model", folder.path, "--host", "127.0.0.1", "--loops", "1",
            ]
            try await MartletExecutable.serve(options, environment: environment) { server in
                let id = try await server.modelID()
                #expect(id == "from-options")
            }
        }
    }
}

extension ServingProcess {
    /// The only model that is listed.
    fileprivate func modelID() async throws -> String? {
        let models = try await connect().ask(.get, "/v1/models").json().object?["data"]?.array ?? []
        #expect(models.count == 1)
        return models.first?.object?["id"]?.string
    }
}
