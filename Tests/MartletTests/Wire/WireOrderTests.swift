import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Of two errors in one request the earlier check is reported: path 404, method 405, capability 501, body limit 413,
/// JSON 400, model 404, fields 400, admission 429 or 503.
@Suite(.serialized)
struct WireOrderTests {
    private let large = "{" + String(repeating: " ", count: 3000)
    private let path = "/v1/chat/completions"

    private let limited = ServerConfiguration.with(\.limits.maximumBodyBytes, 2000)

    @Test func `an unknown path is reported before everything else`() async throws {
        try await withClient(of: BareBackend(), limited) { client, _ in
            try expect(try await client.ask(.delete, "/v1/nothing", body: large), is: 404)
        }
    }

    @Test func `a wrong method is reported before a missing capability`() async throws {
        try await withClient(of: BareBackend()) { client, _ in
            try expect(try await client.ask(.put, path), is: 405)
        }
    }

    @Test func `a missing capability is reported before a body that is too large, and before invalid JSON`()
        async throws
    {
        try await withClient(of: BareBackend(), limited) { client, _ in
            let response = try await client.ask(.post, path, body: large)
            try expect(response, is: 501, "not_implemented", code: "not_implemented")
        }
    }

    @Test func `a body that is too large is reported before invalid JSON`() async throws {
        try await withClient(of: ScriptedBackend(), limited) { client, _ in
            try expect(try await client.ask(.post, path, body: large), is: 413)
        }
    }

    @Test(arguments: [#"{"model":"nobody""#, #"["nobody"]"#, ""])
    func `invalid JSON is reported before an unknown model`(body: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            try expect(try await client.ask(.post, path, body: body), is: 400)
        }
    }

    @Test func `an unknown model is reported before an invalid field`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            let response = try await client.ask(.post, path, body: #"{"model":"nobody","temperature":9}"#)
            try expect(response, is: 404, param: "model", code: "model_not_found")
        }
    }

    @Test func `an invalid field is reported before admission`() async throws {
        var backend = ScriptedBackend([.hang])
        backend.maxConcurrency = 1
        try await withClient(of: backend, .with(\.maximumWaiting, 0)) { client, server in
            let first = try await RawClient(server)
            try await first.sendChat()
            try await eventually { server.counters.running == 1 }
            try expect(try await client.chat(#""temperature":9"#), is: 400, param: "temperature", code: "invalid_value")
            try expect(try await client.chat(), is: 429, "rate_limit_error", code: "rate_limit_exceeded")
            await first.close()
        }
    }

    @Test func `an invalid field is reported before a backend that is not ready`() async throws {
        let backend = ScriptedBackend()
        backend.isReady = false
        try await withClient(of: backend) { client, _ in
            try expect(try await client.chat(#""n":0"#), is: 400, param: "n", code: "invalid_value")
            try expect(try await client.chat(), is: 503, "server_error", code: "service_unavailable")
        }
    }

    @Test func `a request that names no model gets the only one, and with several a 400`() async throws {
        var several = ScriptedBackend()
        several.models = ["a", "b"]
        let body = #"{"messages":[{"role":"user","content":"Hi"}]}"#
        try await withClient(of: ScriptedBackend()) { client, _ in
            let reply = try await client.ask(.post, path, body: body).json()
            #expect(reply["model"] == "scripted")
        }
        try await withClient(of: several) { client, _ in
            try expect(
                try await client.ask(.post, path, body: body), is: 400, param: "model",
                code: "missing_required_parameter")
        }
    }
}
