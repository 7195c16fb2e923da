import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// The endpoints by path and method, and the errors for unknown ones.
@Suite(.serialized)
struct WireRoutesTests {
    // S1-1, S1-6, S1-11
    @Test func `a backend without models and refinements serves an empty list, and 501 otherwise`() async throws {
        #expect(BareBackend().deviceKind == "cpu")
        #expect(BareBackend().modelOwner == "martlet")
        try await withClient(of: BareBackend()) { client, _ in
            #expect(try await client.ask(.get, "/v1/models").text == #"{"object":"list","data":[]}"#)
            for path in ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"] {
                let refused = try await client.ask(.post, path, body: "{}")
                try expect(refused, is: 501, "not_implemented", code: "not_implemented")
            }
        }
    }

    @Test func `models are listed together and retrieved one by one`() async throws {
        var backend = ScriptedBackend()
        backend.models = [Model(id: "a", created: 7, ownedBy: "me"), "b"]
        backend.modelOwner = "house"
        try await withClient(of: backend) { client, _ in
            let list = try await client.ask(.get, "/v1/models").json()
            #expect(list["object"] == "list")
            #expect(list["data"]?[0] == ["id": "a", "object": "model", "created": 7, "owned_by": "me"])
            #expect(list["data"]?[1]?["owned_by"] == "house")
            #expect((list["data"]?[1]?["created"]?.number?.int ?? 0) > 1_700_000_000)
            #expect(
                try await client.ask(.get, "/v1/models/a").text
                    == #"{"id":"a","object":"model","created":7,"owned_by":"me"}"#)
        }
    }

    @Test(arguments: ["org/model:7b", "org%2Fmodel%3A7b", "org%2fmodel:7b"])
    func `a model's id may contain a slash and a colon, even percent-encoded`(path: String) async throws {
        var backend = ScriptedBackend()
        backend.models = ["org/model:7b"]
        try await withClient(of: backend) { client, _ in
            let model = try await client.ask(.get, "/v1/models/\(path)").json()
            #expect(model["id"] == "org/model:7b")
        }
    }

    @Test func `an unknown model is a 404 that names it`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let response = try await client.ask(.get, "/v1/models/no%20such")
            #expect(try expect(response, is: 404, param: "model", code: "model_not_found").contains("`no such`"))
        }
    }

    @Test(arguments: ["/v1//models", "//v1/models", "/v1/models/", "/v1/models//", "/v1/models?x=1"])
    func `paths with superfluous slashes find the models`(path: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let models = try await client.ask(.get, path).json()
            #expect(models["data"]?[0]?["id"] == "scripted")
        }
    }

    @Test(arguments: [
        ("/v1/chat/completions", RequestText.chat()), ("/v1/completions", RequestText.completion()),
        ("/v1/embeddings", RequestText.embedding("[1]")),
    ])
    func `an endpoint that the backend does not implement is a 501`(path: String, body: String) async throws {
        try await withClient(of: BareBackend()) { client, _ in
            let response = try await client.ask(.post, path, body: body)
            try expect(response, is: 501, "not_implemented", code: "not_implemented")
            #expect(response[field: "x-should-retry"] == "false")
            #expect(try await client.ask(.get, "/v1/models").json()["data"] == [])
        }
    }

    @Test(arguments: [
        "conversations", "conversations/conv_1", "audio/speech", "audio/transcriptions", "images/generations",
        "moderations",
        "files", "files/f1/content", "batches", "fine_tuning/jobs",
    ])
    func `a part of the API that Martlet does not implement is a 501`(path: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            for method in [HTTPMethod.get, .post, .delete] {
                let response = try await client.ask(method, "/v1/\(path)")
                try expect(response, is: 501, "not_implemented", code: "not_implemented")
                #expect(response[field: "x-should-retry"] == "false")
            }
        }
    }

    @Test(arguments: ["/v1", "/v1/nothing", "/v1/chat", "/v1/filesystem", "/favicon.ico"])
    func `an unknown path is a 404`(path: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            try expect(try await client.ask(.post, path, body: "{}"), is: 404)
            #expect(try await client.ask(.head, path).code == 404)
        }
    }

    @Test(arguments: [
        ("/v1/chat/completions", HTTPMethod.put, "OPTIONS, POST"), ("/v1/completions", .delete, "OPTIONS, POST"),
        ("/v1/embeddings", .put, "OPTIONS, POST"), ("/v1/models", .post, "GET, HEAD, OPTIONS"),
        ("/v1/models/scripted", .put, "GET, HEAD, OPTIONS"), ("/health", .post, "GET, HEAD, OPTIONS"),
        ("/", HTTPMethod(rawValue: "BREW"), "GET, HEAD, OPTIONS"),
    ])
    func `another method is a 405 that lists the allowed ones`(path: String, method: HTTPMethod, allow: String)
        async throws
    {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let refused = try await client.ask(method, path)
            try expect(refused, is: 405)
            #expect(refused[field: "Allow"] == allow)
            let options = try await client.ask(.options, path)
            #expect(options.head.status == .noContent)
            #expect(options[field: "Allow"] == allow)
        }
    }

    @Test func `OPTIONS of the whole server gets a response`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let response = try await client.ask(.options, "*")
            #expect(response.head.status == .noContent)
        }
    }

    @Test(arguments: ["/", "/health", "/health/ready", "/version", "/load", "/v1/models", "/v1/models/scripted"])
    func `HEAD is GET without the content`(path: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let get = try await client.ask(.get, path)
            #expect(get.head.status == .ok)
            #expect(!get.body.isEmpty)
            let head = try await client.ask(.head, path)
            #expect(head.head.status == .ok)
            #expect(head[field: "Content-Type"] == get[field: "Content-Type"])
            #expect(head[field: "Content-Length"] == get[field: "Content-Length"])
            // There was no content: the next response follows immediately.
            #expect(try await client.ask(.get, "/version").json()["version"] == .string(Version.current))
        }
    }

    @Test func `the load is reported in numbers`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, server in
            _ = try await client.chat()
            try await eventually { server.counters.tasks == 0 }
            #expect(
                try await client.ask(.get, "/load").json() == [
                    "open_connections": 1, "open_streams": 0, "tasks": 0, "waiting": 0, "running": 0,
                    "generated_tokens": 1, "unknown_parameters": 0, "held_bytes": 0,
                ])
        }
    }

    @Test func `the root has a one-line banner`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let root = try await client.ask(.get, "/")
            #expect(root.text.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
            #expect(root[field: "Content-Type"] == "text/plain; charset=utf-8")
        }
    }
}
