import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

struct WireModelNamesTests {
    private func ask(_ name: String, in client: RawClient) async throws -> HTTPResponse {
        try await client.ask(
            .post, "/v1/chat/completions",
            body: "{\"model\":\"\(name)\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
    }

    @Test func `an alias resolves to its model, and is listed after it`() async throws {
        try await withClient(
            of: ScriptedBackend([.text("a")]), .with(\.modelAliases, ["gpt-4": "scripted", "x/y": "gone"])
        ) {
            client, _ in
            let reply = try await ask("gpt-4", in: client).json()
            #expect(reply["model"] == "scripted")
            try expect(try await ask("x/y", in: client), is: 404, param: "model", code: "model_not_found")
            let data = try await client.ask(.get, "/v1/models").json()["data"]?.array ?? []
            #expect(data.map { $0["id"] } == ["scripted", "gpt-4"])
            #expect(try await client.ask(.get, "/v1/models/gpt-4").json()["id"] == "gpt-4")
        }
    }

    @Test func `the first model may be served under every name`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")]), .with(\.acceptsAnyModel, true)) { client, _ in
            for name in ["anything", ""] {
                let reply = try await ask(name, in: client).json()
                #expect(reply["model"] == "scripted")
            }
        }
    }

    @Test func `every name that requests may use can be retrieved, and lists do not change`()
        async throws
    {
        var backend = ScriptedBackend([.text("a")])
        backend.contextLength = 99
        try await withClient(of: backend, .with(\.acceptsAnyModel, true)) { client, _ in
            for name in ["gpt-4o", "org/any:7b"] {
                let model = try await client.ask(.get, "/v1/models/\(name)").json()
                #expect(model["id"] == .string(name) && model["object"] == "model")
                #expect(model["max_model_len"] == 99)
                let shown = try await client.ollama("/api/show", model: name)
                #expect(shown.code == 200)
                #expect(try await ask(name, in: client).code == 200)
            }
            let list = try await client.ask(.get, "/v1/models").json()["data"]?.array ?? []
            #expect(list.map { $0["id"] } == ["scripted"])
            let tags = try await client.ask(.get, "/api/tags").json()["models"]?.array ?? []
            #expect(tags.map { $0["name"] } == ["scripted:latest"])
        }
        try await withClient(of: backend) { client, _ in
            try expect(
                try await client.ask(.get, "/v1/models/gpt-4o"), is: 404, param: "model", code: "model_not_found")
            #expect(try await client.ollama("/api/show", model: "gpt-4o").code == 404)
        }
    }

    // S2-3
    @Test func `a reply has the model that the request names, streamed or not`() async throws {
        var backend = ScriptedBackend([.text("a")])
        backend.models = ["one", "org/two:7b"]
        try await withClient(of: backend) { client, _ in
            for more in ["", #","stream":true"#] {
                let body = #"{"model":"org/two:7b","messages":[{"role":"user","content":"Hi"}]\#(more)}"#
                let response = try await client.ask(.post, "/v1/chat/completions", body: body)
                #expect(response.text.contains(#""model":"org/two:7b""#))
            }
        }
    }

    @Test func `an empty model name does not exist`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            try expect(try await ask("", in: client), is: 404, param: "model", code: "model_not_found")
        }
    }

    @Test func `a model is listed with its context length, if it has one`() async throws {
        var backend = ScriptedBackend([.text("a")])
        let unlimited = try await models(of: backend)
        #expect(unlimited == [nil])
        backend.contextLength = 256
        let limited = try await models(of: backend)
        #expect(limited == [256])
    }

    private func models(of backend: ScriptedBackend) async throws -> [JSONValue?] {
        var found: [JSONValue?] = []
        try await withClient(of: backend) { client, _ in
            found = (try await client.ask(.get, "/v1/models").json()["data"]?.array ?? []).map { $0["max_model_len"] }
        }
        return found
    }

    @Test(arguments: ["/v1//models", "/v1/models/", "/models", "//models//", "/models/"])
    func `paths with superfluous slashes or without v1 reach the models`(path: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let list = try await client.ask(.get, path).json()
            #expect(list["object"] == "list")
        }
    }

    @Test func `the endpoints are served without v1 too`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            let model = try await client.ask(.get, "/models/scripted").json()
            #expect(model["id"] == "scripted")
            for (path, body) in [
                ("/chat/completions", RequestText.chat()), ("/completions", RequestText.completion()),
                ("/embeddings", RequestText.embedding("[1]")),
            ] {
                let response = try await client.ask(.post, path, body: body)
                #expect(response.code == 200, "\(path)")
            }
        }
    }

    @Test func `a tokenizer endpoint without a tokenizer is a 501`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            for path in ["/tokenize", "/v1/detokenize", "/apply-template"] {
                try expect(
                    try await client.ask(.post, path, body: "{}"), is: 501, "not_implemented", code: "not_implemented")
            }
            try expect(
                try await client.ask(.get, "/tokenizer_info"), is: 501, "not_implemented", code: "not_implemented")
        }
    }

    @Test func `the duration of a response is reported`() async throws {
        try await withClient(of: ScriptedBackend([.delay(.milliseconds(30)), .text("a")])) { client, _ in
            let took = try await client.chat()[field: "openai-processing-ms"].flatMap { Int($0) }
            #expect((took ?? 0) >= 30)
            let immediate = try await client.ask(.get, "/health")
            #expect(immediate[field: "openai-processing-ms"] == nil)
        }
    }

    @Test func `unknown parameters are counted, or refused with the closest known one`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, server in
            let response = try await client.chat("\"max_token\":5,\"foo\":1")
            #expect(response.code == 200)
            #expect(server.counters.unknownParameters == 2)
        }
        try await withClient(of: ScriptedBackend([.text("a")]), .with(\.strictParameters, true)) { client, _ in
            let message = try expect(
                try await client.chat("\"max_token\":5"), is: 400, param: "max_token", code: "unknown_parameter")
            #expect(message.contains("`max_tokens`"))
            #expect(try await client.chat("\"max_tokens\":5").code == 200)
        }
    }
}
