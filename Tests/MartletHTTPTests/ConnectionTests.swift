import MartletHTTP
import MartletTesting
import Testing

/// Requests in, responses out: what a client of any version may send, and in which pieces.
@Suite(.timeLimit(.minutes(2)))
struct ConnectionTests {
    private static func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    private static func post(_ path: String, _ body: String, _ fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
    }

    private static let chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    private static let conversation: [(request: String, body: String)] = [
        (get("/static"), "static"),
        (post("/echo", "hello"), "hello"),
        (get("/loop?1"), "loop 1"),
        (get("/missing"), "nothing here"),
        (chunked + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n", "abcde"),
        (get("/pool?2"), "pool 2"),
        (post("/missing", "dropped"), "nothing here"),
        (get("/stream"), "one two three data: [DONE]\n\n"),
        (get("/static"), "static"),
    ]

    @Test func `a conversation gets the same responses however its bytes are split`() async throws {
        let bytes = Array(Self.conversation.map(\.request).joined().utf8)
        try await TestConnection.open { test in
            for split in bytes.indices {
                await test.send(Array(bytes[..<split]))
                await test.send(Array(bytes[split...]))
                for (request, body) in Self.conversation {
                    let response = await test.response()
                    #expect(response.body == body, "to \(request) split at \(split)")
                    #expect(response.status == (body == "nothing here" ? 404 : 200))
                }
            }
            for byte in bytes { await test.send([byte]) }
            for (request, body) in Self.conversation {
                let response = await test.response()
                #expect(response.body == body, "to \(request) byte by byte")
            }
            #expect(await test.received.isEmpty)
            #expect(await test.isUsable)
        }
    }

    @Test func `pipelined requests are answered in order, however long one takes`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.get("/static") + Self.get("/gated") + Self.get("/static") + Self.get("/pool?z"))
            #expect(await test.response().body == "static")
            await eventually("the task of the second") { test.service.tasks.value == 1 }
            await test.send(Self.post("/echo", "late"))
            #expect(await test.received.isEmpty)
            test.service.gate.open()
            for body in ["gated", "static", "pool z", "late"] { #expect(await test.response().body == body) }
        }
    }

    @Test(arguments: ["/static", "/stream", "/loop?1"])
    func `HEAD has the head of GET and no content`(path: String) async throws {
        try await TestConnection.open { test in
            await test.send(Self.get(path))
            let get = await test.response()
            await test.send("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get("/static"))
            let head = await test.response(isHead: true)
            #expect(head.stable.fields == get.stable.fields)
            #expect(head.status == get.status)
            #expect(await test.response().body == "static")
        }
    }

    @Test func `HTTP 1 0 closes unless it asks for keep-alive`() async throws {
        try await TestConnection.open { test in
            await test.send("GET /static HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let kept = await test.response()
            #expect(kept.fields["connection"] == "keep-alive")
            #expect(kept.body == "static")
            #expect(await test.isUsable)
            await test.send("GET /static HTTP/1.0\r\n\r\n")
            #expect(!(await test.response().keepsAlive))
            #expect(await test.isShutDown)
        }
    }

    @Test(arguments: ["", "Connection: keep-alive\r\n"])
    func `a stream to HTTP 1 0 ends with the connection`(field: String) async throws {
        try await TestConnection.open { test in
            await test.send("GET /stream HTTP/1.0\r\n\(field)\r\n")
            let response = await test.response()
            #expect(response.body == "one two three data: [DONE]\n\n")
            #expect(response.chunks.isEmpty)
            #expect(response.fields["transfer-encoding"] == nil)
            #expect(!response.keepsAlive)
        }
    }

    @Test func `a client that asks for close gets its response, then the end of the connection`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.get("/stream", "Connection: close\r\n") + Self.get("/static"))
            let response = await test.response()
            #expect(response.body == "one two three data: [DONE]\n\n")
            #expect(!response.keepsAlive)
            #expect(await test.received.isEmpty)
            #expect(await test.isShutDown)
            await test.sendEnd()
            #expect(await test.isClosed)
        }
    }

    @Test func `a response that must not have content has none, streamed or complete`() async throws {
        try await TestConnection.open { test in
            for path in ["/empty", "/unmodified"] {
                await test.send(Self.get(path) + Self.get("/static"))
                let response = await test.response()
                #expect(response.status == (path == "/empty" ? 204 : 304))
                #expect(response.fields["transfer-encoding"] == nil)
                #expect(response.fields["content-length"] == nil)
                #expect(await test.response().body == "static")
            }
        }
    }

    // MARK: Expect

    private static let expecting = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "

    @Test func `a client that waits for 100 gets it, and then its response`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.get("/static") + Self.expecting + "5\r\n\r\n")
            #expect(await test.response().body == "static")
            let interim = await test.response()
            #expect(interim.status == 100)
            #expect(interim.fields.isEmpty)
            await test.send("hello")
            #expect(await test.response().body == "hello")
            #expect(await test.isUsable)
        }
    }

    @Test func `100 is not sent when the body has begun to arrive`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.expecting + "5\r\n\r\nh")
            #expect(await test.writes.isEmpty)
            await test.send("ello")
            #expect(await test.response().body == "hello")
        }
    }

    @Test(arguments: [("/echo", 100_001, 413), ("/missing", 5, 404)])
    func `a refused client gets the refusal instead of 100`(path: String, length: Int, status: Int)
        async throws
    {
        try await TestConnection.open { test in
            await test.send(
                "POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n")
            let response = await test.response()
            #expect(response.status == status)
            #expect(!response.keepsAlive)
            #expect(await test.isShutDown)
        }
    }

    // MARK: Answers that are known before the body

    @Test func `an early response to a request with a short body leaves the connection usable`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.post("/missing", String(repeating: "x", count: 60_000)) + Self.get("/static"))
            let response = await test.response()
            #expect(response.status == 404)
            #expect(response.keepsAlive)
            #expect(await test.response().body == "static")
        }
    }

    @Test func `the body limit of another route does not affect an early response`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.post("/small", "0123456789") + Self.post("/missing", "01234567890"))
            #expect(await test.response().body == "0123456789")
            #expect(await test.response().status == 404)
            #expect(await test.isUsable)
        }
    }

    @Test(arguments: ["Content-Length: 10000000", "Transfer-Encoding: chunked"])
    func `an early response to a long body, or one of unknown length, ends the connection`(field: String) async throws {
        try await TestConnection.open { test in
            await test.send("POST /missing HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n")
            let response = await test.response()
            #expect(response.status == 404)
            #expect(!response.keepsAlive)
            #expect(await test.isShutDown)
            #expect(!(await test.isClosed))
            await test.send(Self.get("/static"))
            #expect(await test.received.isEmpty)
            await test.sendEnd()
            #expect(await test.isClosed)
        }
    }

    @Test func `bytes after a refusal are discarded up to a limit`() async throws {
        var limits = ConnectionLimits.patient
        limits.maximumLingerBytes = 100_000
        try await TestConnection.open(limits) { test in
            await test.send("nonsense \n")
            #expect(await test.response().status == 400)
            await test.send([UInt8](repeating: 0x78, count: 100_000))
            #expect(!(await test.isClosed))
            await test.send("x")
            #expect(await test.isClosed)
        }
    }

    @Test func `an acceptable request id of the client is returned, another is replaced`() async throws {
        try await TestConnection.open { test in
            await test.send(
                Self.get("/static", "x-request-id: mine-1\r\n") + Self.get("/static", "x-request-id: a b\r\n"))
            #expect(await test.response().fields["x-request-id"] == "mine-1")
            let made = await test.response().fields["x-request-id"]
            #expect(made?.hasPrefix("req_") == true)
            #expect(made?.count == 28)
        }
    }
}
