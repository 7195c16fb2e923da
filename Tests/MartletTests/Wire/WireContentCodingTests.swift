import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Request bodies in a content coding or a transfer coding that the server does not decode.
@Suite(.serialized)
struct WireContentCodingTests {
    private static func post(_ path: String, _ fields: String, _ body: String = "{}") -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
    }

    @Test(arguments: ["gzip", "GZIP", "br", "identity, gzip", "identity\r\nContent-Encoding: deflate", "x"])
    func `an encoded body is a 415 that asks for an unencoded one`(coding: String) async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            try await client.send(Self.post("/v1/chat/completions", "Content-Encoding: \(coding)\r\n", "\u{1f}\u{8b}"))
            let response = try await client.receiveResponse()
            #expect(try expect(response, is: 415).contains("without Content-Encoding"))
            #expect(response[field: "Accept-Encoding"] == "identity")
            #expect(try await client.chat().code == 200, "the connection goes on")
        }
    }

    @Test func `the refusal has the envelope of its path's API`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            try await client.send(Self.post("/api/chat", "Content-Encoding: gzip\r\n"))
            let response = try await client.receiveResponse()
            #expect(response.code == 415)
            #expect(try response.json()["error"]?.string?.contains("without Content-Encoding") == true)
        }
    }

    @Test(arguments: ["identity", "", ", ,", "Identity , identity"])
    func `a body that is not encoded is read`(coding: String) async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            let fields = "Content-Encoding: \(coding)\r\n"
            try await client.send(Self.post("/v1/chat/completions", fields, RequestText.chat()))
            #expect(try await client.receiveResponse().code == 200)
        }
    }

    @Test func `a request without a body has nothing to decode`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            try await client.send("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\n\r\n")
            #expect(try await client.receiveResponse().code == 200)
        }
    }

    @Test func `a custom route decodes the body itself`() async throws {
        try await withClient(
            of: ScriptedBackend()
        ) { server in
            try server.route(.post, "/own") { request, writer in
                writer.send(HTTPResponse(text: request.fields["Content-Encoding"] ?? "none"))
            }
        } while: { client, server in
            try await client.send(Self.post("/own", "Content-Encoding: gzip\r\n"))
            #expect(try await client.receiveResponse().text == "gzip")
        }
    }

    @Test(arguments: ["gzip", "gzip, chunked", "identity"])
    func `an unknown transfer coding is a 501 that clients do not retry`(coding: String) async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            try await client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \(coding)\r\n\r\n")
            let response = try await client.receiveResponse()
            #expect(try expect(response, is: 501, "not_implemented", code: "not_implemented").contains("chunked"))
            #expect(response[field: "x-should-retry"] == "false")
            #expect(response[field: "Connection"] == "close")
            #expect(try await client.receiveToEnd().isEmpty)
        }
    }
}
