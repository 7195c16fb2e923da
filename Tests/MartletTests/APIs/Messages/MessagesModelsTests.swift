import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// `GET /v1/models` for clients of Anthropic's API.
@Suite(.serialized)
struct MessagesModelsTests {
    private static let version: HTTPFields = ["anthropic-version": "2026-10-21"]

    private static func backend() -> ScriptedBackend {
        var backend = ScriptedBackend([.text("a")])
        backend.models = [Model(id: "a", created: 0), "b", "org/c:7b", "d"]
        backend.contextLength = 99
        return backend
    }

    private nonisolated(nonsending) func page(_ client: RawClient, _ query: String) async throws -> JSONValue {
        let response = try await client.ask(.get, "/v1/models?\(query)", fields: Self.version)
        #expect(response.code == 200)
        return try response.json()
    }

    @Test func `models have Anthropic's members where the client names its version`() async throws {
        try await withClient(of: Self.backend()) { client, _ in
            let list = try await page(client, "")
            #expect(list["data"]?.array?.compactMap { $0["id"] } == ["a", "b", "org/c:7b", "d"])
            #expect(list["has_more"] == false && list["first_id"] == "a" && list["last_id"] == "d")
            let model: JSONValue = [
                "type": "model", "id": "a", "display_name": "a", "created_at": "1970-01-01T00:00:00.000000Z",
                "lifecycle": "active", "max_input_tokens": 99, "max_tokens": 99,
            ]
            #expect(list["data"]?[0] == model)
            #expect(try await client.ask(.get, "/v1/models/a", fields: Self.version).json() == model)
            let other = try await client.ask(.get, "/v1/models/org/c:7b", fields: Self.version).json()
            #expect(other["id"] == "org/c:7b")
            #expect(try await client.ask(.get, "/v1/models").json()["object"] == "list")
            let missing = try await client.ask(.get, "/v1/models/nope", fields: Self.version)
            #expect(try missing.expectMessagesError(404, "not_found_error", hasID: false).contains("`nope`"))
        }
    }

    @Test(
        arguments: [
            ("limit=2", ["a", "b"], true), ("limit=4", ["a", "b", "org/c:7b", "d"], false),
            ("after_id=b", ["org/c:7b", "d"], false), ("after_id=a&limit=1", ["b"], true), ("after_id=d", [], false),
            ("before_id=d&limit=2", ["b", "org/c:7b"], true), ("before_id=b", ["a"], false), ("before_id=a", [], false),
            ("after_id=org%2Fc:7b", ["d"], false),
        ] as [(String, [String], Bool)])
    func `a list has pages`(query: String, ids: [String], hasMore: Bool) async throws {
        try await withClient(of: Self.backend()) { client, _ in
            let list = try await page(client, query)
            #expect(list["data"]?.array?.compactMap { $0["id"]?.string } == ids)
            #expect(list["has_more"] == .bool(hasMore))
            #expect(list["first_id"] == ids.first.map(JSONValue.string) ?? .null)
            #expect(list["last_id"] == ids.last.map(JSONValue.string) ?? .null)
        }
    }

    @Test(arguments: [
        ("limit=0", "`limit` must be"), ("limit=1001", "`limit` must be"), ("limit=x", "`limit` must be"),
        ("after_id=x", "`after_id` is \"x\""), ("before_id=x", "`before_id` is \"x\""),
        ("before_id=a&after_id=b", "exclude each other"),
    ])
    func `a query that makes no page is a 400`(query: String, words: String) async throws {
        try await withClient(of: Self.backend()) { client, _ in
            let response = try await client.ask(.get, "/v1/models?\(query)", fields: Self.version)
            #expect(try response.expectMessagesError(400, "invalid_request_error", hasID: false).contains(words))
        }
    }

    @Test func `with any model, what requests may name can be retrieved`() async throws {
        try await withClient(of: Self.backend(), .with(\.acceptsAnyModel, true)) { client, _ in
            let model = try await client.ask(.get, "/v1/models/claude-opus-5", fields: Self.version)
            #expect(try model.json()["id"] == "claude-opus-5")
            let reply = try await client.ask(
                .post, "/v1/messages",
                body: #"{"model":"claude-opus-5","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#)
            #expect(try reply.json()["model"] == "a")
        }
    }
}
