import MartletHTTP
import MartletTesting
import MartletUV
import Testing

/// How connections end: by their client, by a deadline, by the server.
@Suite(.timeLimit(.minutes(2)))
struct ConnectionEndTests {
    private static func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    // MARK: The client leaves

    @Test(arguments: ["/hanging", "/hanging-stream", "/endless"], [true, false])
    func `a client that leaves cancels its request`(path: String, byReset: Bool) async throws {
        try await TestConnection.open { test in
            await test.on { $0.transport.open(0) }
            await test.send(Self.get(path))
            await eventually("the task") { test.service.tasks.value == 1 }
            await (byReset ? test.sendReset() : test.sendEnd())
            await eventually("its cancellation") { test.service.cancelled.value == 1 }
            #expect(await test.isClosed)
        }
    }

    @Test(arguments: ["", "GET /sta", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"])
    func `a client that leaves between or within requests gets no response`(sent: String) async throws {
        try await TestConnection.open { test in
            await test.send(sent)
            await test.sendEnd()
            #expect(await test.isClosed)
            #expect(await test.writes.isEmpty)
        }
    }

    @Test(arguments: ["", "Connection: close\r\n"])
    func `a client that has half-closed gets the bytes that are already written`(field: String) async throws {
        try await TestConnection.open { test in
            await test.on { $0.transport.open(1000) }
            await test.send(Self.get("/large", field))
            await test.sendEnd()
            #expect(!(await test.isClosed))
            await test.on { $0.transport.open(.max) }
            #expect(await test.response().body.count == 200_000)
            #expect(await test.isClosed)
        }
    }

    @Test func `a slow client gets all of a last response`() async throws {
        var limits = ConnectionLimits.patient
        limits.lingerTimeout = .milliseconds(10)
        try await TestConnection.open(limits) { test in
            await test.on { $0.transport.open(1000) }
            await test.send(Self.get("/large", "Connection: close\r\n"))
            try await Task.sleep(for: .milliseconds(600))
            #expect(!(await test.isClosed))
            await test.on { $0.transport.open(.max) }
            #expect(await test.response().body.count == 200_000)
            await eventually("the linger's end") { await test.isClosed }
        }
    }

    // MARK: Time is up

    @Test func `an idle connection is closed without a response`() async throws {
        var limits = ConnectionLimits.patient
        limits.keepAliveTimeout = .milliseconds(10)
        try await TestConnection.open(limits) { test in
            await eventually("the end of one that never spoke") { await test.isClosed }
            #expect(await test.writes.isEmpty)
        }
        try await TestConnection.open(limits, sending: Self.get("/static")) { test in
            #expect(await test.response().body == "static")
            await eventually("the end of one that was served") { await test.isClosed }
            #expect(await test.writes.count == 1)
        }
    }

    @Test func `a head that takes too long is a 408, also when single bytes keep arriving`() async throws {
        var limits = ConnectionLimits.patient
        limits.headTimeout = .milliseconds(300)
        try await TestConnection.open(limits) { test in
            await test.send("GET / HTTP/1.1\r\nX: ")
            await eventually("the refusal") {
                await test.send("x")
                return await test.isShutDown
            }
            #expect(await test.response().status == 408)
        }
    }

    @Test(arguments: [("/echo", 408), ("/missing", 404)])
    func `a body that stops arriving is a 408, or gets the early response`(path: String, status: Int) async throws {
        var limits = ConnectionLimits.patient
        limits.bodyTimeout = .milliseconds(10)
        try await TestConnection.open(limits) { test in
            await test.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
            let response = await test.response()
            #expect(response.status == status)
            #expect(!response.keepsAlive)
            #expect(await test.isShutDown)
        }
    }

    @Test func `a refused client that neither reads nor leaves is dropped`() async throws {
        var limits = ConnectionLimits.patient
        limits.lingerTimeout = .milliseconds(10)
        try await TestConnection.open(limits) { test in
            await test.send("nonsense \n")
            #expect(await test.response().status == 400)
            await eventually("the end") { await test.isClosed }
        }
    }

    // MARK: The server drains

    @Test(arguments: [("/pool", 503), ("/static", 200)])
    func `a drain leaves an idle connection open, and refuses a later request that needs a handler`(
        path: String, status: Int
    ) async throws {
        try await TestConnection.open { test in
            await test.send(Self.get("/static"))
            #expect(await test.response().body == "static")
            await test.drain()
            #expect(await test.isUsable)
            await test.send(Self.get(path))
            let response = await test.response()
            #expect(response.status == status)
            #expect(!response.keepsAlive)
            #expect(await test.isShutDown)
        }
    }

    @Test(arguments: ["/gated", "/gated-stream"])
    func `a drain lets a response end, and then closes the connection`(path: String) async throws {
        try await TestConnection.open { test in
            await test.send(Self.get(path))
            await eventually("the task") { test.service.tasks.value == 1 }
            if path == "/gated-stream" { await eventually("the head") { await !test.received.isEmpty } }
            await test.drain()
            #expect(!(await test.isClosed))
            await test.send(Self.get("/static"))
            test.service.gate.open()
            let response = await test.response()
            #expect(response.body.hasSuffix(path == "/gated" ? "gated" : "ended"))
            // A head that is out cannot say it any more.
            #expect(response.keepsAlive == (path == "/gated-stream"))
            #expect(await test.received.isEmpty)
            #expect(await test.isShutDown)
        }
    }

    @Test func `a drain lets a request that has begun get its response`() async throws {
        try await TestConnection.open { test in
            await test.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
            await test.drain()
            await test.send("lo")
            let response = await test.response()
            #expect(response.body == "hello")
            #expect(!response.keepsAlive)
            #expect(await test.isShutDown)
        }
    }

    @Test func `a drain lets a slow client get its response, and refuses its next request`() async throws {
        try await TestConnection.open { test in
            await test.on { $0.transport.open(1000) }
            await test.send(Self.get("/large"))
            await test.drain()
            #expect(!(await test.isClosed))
            await test.on { $0.transport.open(.max) }
            #expect(await test.response().body.count == 200_000)
            await test.send(Self.get("/pool"))
            #expect(await test.response().status == 503)
            #expect(await test.isShutDown)
        }
    }

    @Test(arguments: ["/hanging", "/hanging-stream"])
    func `an interrupted response ends with an error`(path: String) async throws {
        try await TestConnection.open { test in
            await test.send(Self.get(path))
            await eventually("the task") { test.service.tasks.value == 1 }
            if path == "/hanging-stream" { await eventually("the head") { await !test.received.isEmpty } }
            await test.drain()
            await test.on { $0.connection.interrupt() }
            let response = await test.response()
            #expect(response.body == (path == "/hanging" ? "stopping" : "begun stopping"))
            #expect(response.status == (path == "/hanging" ? 503 : 200))
            await eventually("the task's end") { test.service.tasks.value == 0 }
        }
    }
}
