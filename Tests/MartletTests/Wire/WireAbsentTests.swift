import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Parts of OpenAI's, Anthropic's and Ollama's APIs that Martlet does not implement.
@Suite(.serialized)
struct WireAbsentTests {
    @Test(arguments: [
        (HTTPMethod.get, "/v1/chat/completions"), (.get, "/v1/chat/completions/chatcmpl-1"),
        (.post, "/v1/chat/completions/chatcmpl-1"), (.delete, "/v1/chat/completions/chatcmpl-1"),
        (.get, "/v1/chat/completions/chatcmpl-1/messages"), (.get, "/chat/completions"),
        (.delete, "/v1/models/scripted"), (.delete, "/v1/models/org/name:tag"), (.delete, "/models/scripted"),
        (.post, "/v1/skills"), (.get, "/v1/skills/skill_1/versions"), (.post, "/v1/chatkit/sessions"),
        (.get, "/v1/organization/users"), (.get, "/v1/projects/proj_1/roles"), (.post, "/v1/agents"),
        (.post, "/audio/speech"), (.post, "/images/generations"), (.post, "/moderations"), (.get, "/files/f1/content"),
        (.post, "/batches"), (.get, "/vector_stores"), (.post, "/realtime/sessions"),
        (.post, "/v1/responses/compact"), (.post, "/responses/compact"), (.get, "/v1/responses/compact"),
    ])
    func `unimplemented parts of OpenAI's API are a 501 in its envelope`(
        method: HTTPMethod, path: String
    ) async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            let response = try await client.ask(method, path)
            let message = try expect(response, is: 501, "not_implemented", code: "not_implemented")
            #expect(message.contains("\(method) \(path)"))
            #expect(response[field: "x-should-retry"] == "false")
        }
    }

    @Test(arguments: [
        "/v1/messages/batches", "/messages/batches", "/v1/messages/batches/msgbatch_1/results", "/v1/complete",
        "/v1/organizations/me",
    ])
    func `unimplemented parts of Anthropic's API are a 501 in its envelope`(path: String) async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            let response = try await client.ask(.post, path, body: #"{"model":"scripted","max_tokens":1}"#)
            try Self.expectAnthropic(response, 501, "api_error")
            #expect(response[field: "x-should-retry"] == "false")
            #expect(response[field: "request-id"] == response[field: "x-request-id"])
        }
    }

    @Test func `a path of both APIs has the envelope of the client's API`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let version: HTTPFields = ["anthropic-version": "2023-06-01"]
            try Self.expectAnthropic(try await client.ask(.get, "/v1/skills", fields: version), 501, "api_error")
            try expect(
                try await client.ask(.get, "/v1/skills"), is: 501, "not_implemented", code: "not_implemented")
        }
    }

    @Test func `a refusal before the endpoint is in Anthropic's envelope too`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            try await client.send("GET /v1/messages HTTP/1.1\r\nHost: evil.test\r\n\r\n")
            try Self.expectAnthropic(try await client.receiveResponse(), 403, "permission_error")
            try await client.send(
                "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
            try Self.expectAnthropic(try await client.receiveResponse(), 400, "invalid_request_error")
        }
    }

    @Test(arguments: [
        (HTTPMethod.put, "/v1/chat/completions", "OPTIONS, POST"), (.post, "/v1/models/scripted", "GET, HEAD, OPTIONS"),
        (.delete, "/v1/models", "GET, HEAD, OPTIONS"), (.patch, "/v1/chat/completions", "OPTIONS, POST"),
    ])
    func `a method that no API has is a 405`(method: HTTPMethod, path: String, allow: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let response = try await client.ask(method, path)
            try expect(response, is: 405)
            #expect(response[field: "Allow"] == allow)
        }
    }

    @Test(arguments: ["/api/unheard-of", "/api/items/7", "/api", "/v1/message", "/api/showroom"])
    func `an unknown path is a 404 in OpenAI's envelope`(path: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            try expect(try await client.ask(.get, path), is: 404)
        }
    }

    @Test(arguments: ["/api/pull", "/api/blobs/sha256:00", "/api/delete"])
    func `unimplemented parts of Ollama's API are a 501 in its envelope`(path: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let response = try await client.ask(.post, path, body: "{}")
            #expect(response.code == 501)
            #expect(try response.json()["error"]?.string?.contains("POST \(path)") == true)
        }
    }

    private static func expectAnthropic(
        _ response: HTTPResponse, _ status: Int, _ type: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(response.code == status, sourceLocation: sourceLocation)
        let json = try response.json()
        #expect(json["type"] == "error", sourceLocation: sourceLocation)
        #expect(json["error"]?["type"] == .string(type), sourceLocation: sourceLocation)
        #expect(json["error"]?["message"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
    }
}
