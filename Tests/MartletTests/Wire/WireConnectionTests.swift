import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Several requests and responses on one connection.
@Suite(.serialized)
struct WireConnectionTests {
    private let backend = ScriptedBackend([.text("a"), .text("b")])
    private let path = "/v1/chat/completions"

    @Test func `pipelined requests get their responses in order`() async throws {
        try await withClient(of: backend) { client, server in
            try await client.sendChat(#""stream":true"#)
            try await client.send(.get, "/health")
            try await client.sendChat()
            try await client.send(.get, "/nowhere")
            #expect(try await client.receiveResponse().text.hasSuffix(ReplyEnvelope.done))
            #expect(try await client.receiveResponse().text == #"{"status":"ok"}"#)
            #expect(try await client.receiveResponse().json()["object"] == "chat.completion")
            #expect(try await client.receiveResponse().code == 404)
            #expect(server.counters.openConnections == 1)
        }
    }

    @Test func `an HTTP 1.0 client gets a stream that ends with the connection`() async throws {
        try await withClient(of: backend) { client, _ in
            let body = RequestText.chat(#""stream":true"#)
            try await client.send("POST \(path) HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let response = try await client.receiveResponse()
            #expect(response[field: "Transfer-Encoding"] == nil)
            #expect(response[field: "Connection"] == "close")
            let reply = try ReplyEnvelope(of: response)
            #expect(
                response.text == reply.chat(ReplyEnvelope.role) + reply.chat(#""content":"a""#)
                    + reply.chat(#""content":"b""#) + reply.chat("", finish: #""stop""#) + ReplyEnvelope.done)
        }
    }

    @Test func `a stream with Connection close is complete, and then the connection closes`() async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.ask(
                .post, path, fields: ["Connection": "close"], body: RequestText.chat(#""stream":true"#))
            #expect(response[field: "Connection"] == "close")
            #expect(response.text.hasSuffix(ReplyEnvelope.done))
            #expect(try await client.receiveToEnd().isEmpty)
        }
    }

    @Test func `a request may arrive in chunks, and byte by byte`() async throws {
        try await withClient(of: backend) { client, _ in
            let body = RequestText.chat()
            let (first, second) = (body.prefix(10), body.dropFirst(10))
            let head = "POST \(path) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            let chunks =
                "\(String(first.utf8.count, radix: 16))\r\n\(first)\r\n"
                + "\(String(second.utf8.count, radix: 16));x=y\r\n\(second)\r\n0\r\nTrailer: z\r\n\r\n"
            for size in [1, 1000] {
                try await client.send(head + chunks, inPiecesOf: size, pausing: .microseconds(10))
                #expect(try await client.receiveResponse().json()["object"] == "chat.completion")
            }
        }
    }

    @Test func `a client that expects 100 gets a refusal before it sends its body`() async throws {
        try await withClient(of: BareBackend()) { client, _ in
            try await client.send(
                "POST \(path) HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n")
            try expect(try await client.receiveResponse(), is: 501, "not_implemented", code: "not_implemented")
        }
    }

    @Test func `a client that expects 100 gets it`() async throws {
        try await withClient(of: backend) { client, _ in
            let body = RequestText.chat()
            try await client.send(
                "POST \(path) HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            )
            #expect(try await client.receiveResponse().code == 100)
            try await client.send(body)
            #expect(try await client.receiveResponse().json()["object"] == "chat.completion")
        }
    }
}
