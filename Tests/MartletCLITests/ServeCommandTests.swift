import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// The command's output, options and environment variables.
@Suite(.serialized) struct ServeCommandTests {
    @Test func `it prints the address, the model and an example request, and that request works`()
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

    @Test func `the version is served`() async throws {
        try await MartletExecutable.serve { server in
            let response = try await server.connect().ask(.get, "/version")
            #expect(response.text == #"{"version":"\#(Version.current)"}"#)
        }
    }

    @Test(arguments: ["f32", "f16", "q8"]) func `weights of every format work with several threads`(
        format: String
    ) async throws {
        let arguments = ["--port", "0", "--weights", format, "--threads", "3", "--running", "2"]
        try await MartletExecutable.serve(arguments) { server in
            let client = try await server.connect()
            let response = try await client.ask(
                .post, "/v1/chat/completions",
                body: #"{"messages":[{"role":"user","content":"What is the capital of France?"}],"temperature":0}"#)
            let content = try response.json()["choices"]?[0]?["message"]?["content"]?.string
            #expect(content?.contains("Paris") == true)
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

    @Test func `--name overrides the folder's name`() async throws {
        let id = try await MartletExecutable.serve(["--port", "0", "--name", "org/model:7b"]) { server in
            try await server.modelID()
        }
        #expect(id == "org/model:7b")
    }

    @Test func `environment variables replace missing options`() async throws {
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

    @Test func `aliases, strictness, origins and hosts are set by options`() async throws {
        let arguments = [
            "--port", "0", "--alias", "gpt-4o", "--alias", "other", "--strict-params", "--cors-origin",
            "https://a.test",
            "--allowed-host", "martlet.test", "--kv-memory", "1",
        ]
        try await MartletExecutable.serve(arguments) { server in
            let client = try await server.connect()
            let models = try await client.ask(.get, "/v1/models", fields: ["Origin": "https://a.test"])
            #expect(try models.json()["data"]?.array?.compactMap { $0["id"]?.string } == ["toy", "gpt-4o", "other"])
            #expect(models[field: "Access-Control-Allow-Origin"] == "https://a.test")
            let typo = try await client.ask(
                .post, "/v1/completions", body: #"{"model":"gpt-4o","prompt":"Hi","max_token":3}"#)
            #expect(typo.code == 400)
            #expect(try typo.json()["error"]?["code"] == "unknown_parameter")
            try await client.send("GET /health HTTP/1.1\r\nHost: martlet.test\r\n\r\n")
            #expect(try await client.receiveResponse().code == 200)
            // A KV cache of one context still serves several prompts: they take turns.
            let answers = try await client.ask(
                .post, "/v1/completions",
                body: #"{"prompt":["One","Two","Three"],"max_tokens":200,"n":2,"ignore_eos":true}"#)
            #expect(try answers.json()["choices"]?.array?.count == 6)
        }
    }

    @Test func `--any-model accepts any name`() async throws {
        try await MartletExecutable.serve(["--port", "0", "--any-model"]) { server in
            let reply = try await server.connect().ask(
                .post, "/v1/completions", body: #"{"model":"gpt-5","prompt":"Hi","max_tokens":1}"#)
            #expect(try reply.json()["model"] == "toy")
        }
    }

    @Test func `flags and lists can be environment variables`() async throws {
        let environment = [
            "MARTLET_PORT": "0", "MARTLET_ALIAS": "one, two", "MARTLET_ANY_MODEL": "1", "MARTLET_STRICT_PARAMS": "yes",
            "MARTLET_OLLAMA_BANNER": "true", "MARTLET_CORS_ORIGIN": "https://a.test,https://b.test",
            "MARTLET_ALLOWED_HOST": "martlet.test",
        ]
        try await MartletExecutable.serve([], environment: environment) { server in
            let client = try await server.connect()
            let models = try await client.ask(.get, "/v1/models", fields: ["Origin": "https://b.test"])
            #expect(try models.json()["data"]?.array?.compactMap { $0["id"]?.string } == ["toy", "one", "two"])
            #expect(models[field: "Access-Control-Allow-Origin"] == "https://b.test")
            let typo = try await client.ask(
                .post, "/v1/completions", body: #"{"model":"any","prompt":"Hi","max_token":3}"#)
            #expect(try typo.json()["error"]?["code"] == "unknown_parameter")
            #expect(try await client.ask(.get, "/").text == "Ollama is running")
            try await client.send("GET /health HTTP/1.1\r\nHost: martlet.test\r\n\r\n")
            #expect(try await client.receiveResponse().code == 200)
        }
    }

    @Test func `options override environment variables`() async throws {
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

    @Test func `several models are served on one pool of threads, each by its id and its aliases`() async throws {
        try await ModelFolder.with { folder in
            let arguments = [
                "--port", "0", "--threads", "2", "--default-model", "other", "--model",
                "embedded,alias=gpt-4o,weights=q8", "--model", "\(folder.path),id=other,running=2,kv-memory=8",
            ]
            try await MartletExecutable.serve(arguments) { server in
                #expect(server.child.output.text.contains("serves toy, other on"))
                let client = try await server.connect()
                let models = try await client.ask(.get, "/v1/models").json()["data"]?.array ?? []
                #expect(models.map { $0["id"] } == ["toy", "other", "gpt-4o"])
                for (requested, served) in [("\"gpt-4o\"", "toy"), ("\"other\"", "other"), ("null", "other")] {
                    let response = try await client.ask(
                        .post, "/v1/completions", body: #"{"model":\#(requested),"prompt":"a","max_tokens":2}"#)
                    #expect(try response.json()["model"] == .string(served))
                }
            }
        }
    }
}

extension ServingProcess {
    /// The id of the only listed model.
    fileprivate func modelID() async throws -> String? {
        let models = try await connect().ask(.get, "/v1/models").json().object?["data"]?.array ?? []
        #expect(models.count == 1)
        return models.first?.object?["id"]?.string
    }
}
