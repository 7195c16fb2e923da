import MartletHTTP
import MartletTesting
import MartletUV
import Testing

@Suite(.timeLimit(.minutes(2)))
struct HTTPServerTests {
    private static func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    @Test func `a connection serves one request after the other, of every kind`() async throws {
        try await TestServer.with { server in
            let client = try await server.connect()
            for _ in 0..<20 {
                for (path, body) in [
                    ("/static", "static"), ("/loop?1", "loop 1"), ("/pool?2", "pool 2"),
                    ("/stream", "one two three data: [DONE]\n\n"),
                ] {
                    try await client.send(Self.get(path))
                    #expect(try await client.receiveResponse().text == body)
                }
            }
            #expect(server.service.openConnections.value == 1)
        }
    }

    @Test func `two loops share a port, and both serve`() async throws {
        SignalWatcher.ignoreBrokenPipes()
        let loops = Seen()
        let service = SampleService()
        let sockets = try ListeningSocket.bind(to: try SocketAddress.resolve(host: "127.0.0.1", port: 0), count: 2)
        let listening = HTTPListening([sockets], openConnections: service.openConnections, tasks: service.tasks) { loop in
            ConnectionContext(
                on: loop, limits: .patient, renderError: { error, _ in HTTPResponse(error.status) },
                decide: { head, _ in
                    loops.insert(ObjectIdentifier(loop))
                    return service.decide(head)
                })
        }
        let server = try await HTTPServer(listening, loopCount: 2)
        try await server.listen()
        var clients: [RawClient] = []
        // The kernel distributes connections by a hash of their addresses.
        while loops.count < 2 && clients.count < 100 {
            let client = try await RawClient(port: server.addresses.clients[0].port, sending: Self.get("/static"))
            #expect(try await client.receiveResponse().text == "static")
            clients.append(client)
        }
        #expect(loops.count == 2)
        #expect(service.openConnections.value == clients.count)
        await server.shutDown(drainTimeout: .seconds(600))
        for client in clients { #expect(try await client.receiveToEnd().isEmpty) }
    }

    @Test(arguments: [1, 2])
    func `a server listens on several addresses`(loopCount: Int) async throws {
        try await TestServer.with(addressCount: 3, loopCount: loopCount) { (test: TestServer) async throws in
            let ports = test.server.addresses.clients.map(\.port)
            #expect(Set(ports).count == 3)
            for port in ports {
                let client = try await RawClient(port: port, sending: Self.get("/static"))
                #expect(try await client.receiveResponse().text == "static")
            }
        }
    }

    @Test func `connections beyond the limit get static responses, and 503 for everything else`() async throws {
        var limits = ConnectionLimits.patient
        limits.maximumConnectionsPerLoop = 2
        try await TestServer.with(limits) { server in
            let first = try await server.connect(sending: Self.get("/gated"))
            let second = try await server.connect(sending: Self.get("/gated"))
            await eventually("their tasks") { server.service.tasks.value == 2 }
            for _ in 0..<40 {
                let probe = try await server.connect(sending: Self.get("/static"))
                #expect(try await probe.receiveResponse().text == "static")
                #expect(try await probe.receiveToEnd().isEmpty)
                let other = try await server.connect(sending: Self.get("/pool"))
                let refusal = try await other.receiveResponse()
                #expect((refusal.code, refusal[field: "Connection"]) == (503, "close"))
                #expect(try await other.receiveToEnd().isEmpty)
                await probe.close()
                await other.close()
            }
            server.service.gate.open()
            for client in [first, second] {
                #expect(try await client.receiveResponse().text == "gated")
                await client.close()
            }
            await eventually("room") { server.service.openConnections.value == 0 }
            #expect(try await server.get("/pool").text == "pool ")
            #expect(server.service.shortages == [.connections(limit: 2), .over(open: 1)])
        }
    }

    @Test(arguments: [true, false])
    func `clients that leave cancel their requests`(byReset: Bool) async throws {
        try await TestServer.with { server in
            for path in ["/hanging", "/hanging-stream", "/endless", "/trickle", "/gated-stream"] {
                for _ in 0..<10 {
                    let client = try await server.connect()
                    try await client.send(Self.get(path))
                    await eventually("its task") { server.service.tasks.value > 0 }
                    if byReset { await client.reset() } else { await client.close() }
                }
            }
            server.service.gate.open()
            await eventually("the end of all") {
                server.service.openConnections.value == 0 && server.service.tasks.value == 0
            }
        }
    }

    @Test func `a stream larger than every buffer arrives completely at a slow client`() async throws {
        try await TestServer.with { server in
            let client = try await server.connect()
            try await client.send(Self.get("/large", "Connection: close\r\n"))
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await client.receiveResponse().body.count == 200_000)
            #expect(try await client.receiveToEnd().isEmpty)
        }
    }

    // MARK: Shutting down

    @Test func `a shutdown lets responses end and refuses new connections and requests`() async throws {
        try await TestServer.with { server in
            let idle = [try await server.connect(), try await server.connect()]
            let clients = try await Self.begin(["/gated", "/gated-stream"], on: server)
            let shuttingDown = Task { await server.server.shutDown(drainTimeout: .seconds(600)) }
            await eventually("the refusal of a new connection") { (try? await server.connect()) == nil }
            try await idle[0].send(Self.get("/pool"))
            let late = try await idle[0].receiveResponse()
            #expect(late.code == 503 && !late.keepsAlive)
            await idle[0].close()
            server.service.gate.open()
            let whole = try await clients[0].receiveResponse()
            #expect(whole.text == "gated")
            #expect(!whole.keepsAlive)
            #expect(try await clients[1].receiveContent() == Array("ended".utf8))
            #expect(try await clients[1].receiveContent() == nil)
            for client in clients {
                #expect(try await client.receiveToEnd().isEmpty)
                await client.close()
            }
            #expect(try await idle[1].receiveToEnd().isEmpty)
            await shuttingDown.value
        }
    }

    @Test(arguments: [true, false])
    func `a forced shutdown, or one at its deadline, interrupts responses`(isForced: Bool) async throws {
        try await TestServer.with { server in
            let clients = try await Self.begin(["/hanging", "/hanging-stream"], on: server)
            let timeout: Duration = isForced ? .seconds(600) : .milliseconds(2020)
            let shuttingDown = Task { await server.server.shutDown(drainTimeout: timeout) }
            if isForced { server.server.forceShutdown() }
            let whole = try await clients[0].receiveResponse()
            #expect(whole.code == 503)
            #expect(whole.text == "stopping")
            #expect(try await clients[1].receiveContent() == Array("stopping".utf8))
            #expect(try await clients[1].receiveContent() == nil)
            for client in clients { await client.close() }
            await shuttingDown.value
            await eventually("their cancellation") { server.service.cancelled.value == 2 }
        }
    }

    @Test(arguments: ["POST /ec", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"])
    func `a request that is incomplete at the deadline is refused`(part: String) async throws {
        try await TestServer.with { server in
            let client = try await server.connect()
            try await client.send(Self.get("/static"))
            #expect(try await client.receiveResponse().text == "static")
            try await client.send(part)
            let shuttingDown = Task { await server.server.shutDown(drainTimeout: .milliseconds(2500)) }
            let response = try await client.receiveResponse()
            #expect(response.code == 503)
            #expect(!response.keepsAlive)
            #expect(try await client.receiveToEnd().isEmpty)
            await client.close()
            await shuttingDown.value
        }
    }

    @Test func `a request whose rest arrives while the server drains is answered`() async throws {
        try await TestServer.with { server in
            let gated = try await Self.begin(["/gated"], on: server)
            let client = try await server.connect()
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf")
            #expect(try await server.get("/static").text == "static")
            let shuttingDown = Task { await server.server.shutDown(drainTimeout: .seconds(600)) }
            await eventually("the refusal of a new connection") { (try? await server.connect()) == nil }
            try await client.send("half")
            let response = try await client.receiveResponse()
            #expect(response.text == "halfhalf" && !response.keepsAlive)
            server.service.gate.open()
            #expect(try await gated[0].receiveResponse().text == "gated")
            for client in gated + [client] { await client.close() }
            await shuttingDown.value
        }
    }

    @Test func `a shutdown ends at its deadline although tasks and clients do not`() async throws {
        try await TestServer.with { server in
            // A task that ignores its cancellation, and a client that sends half a body.
            let clients = try await Self.begin(["/gated"], on: server)
            let half = try await server.connect()
            try await half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
            let order = Order()
            await withTaskGroup { group in
                group.addTask {
                    await server.server.shutDown(drainTimeout: .milliseconds(2500))
                    order.append("shutdown")
                }
                // The 2 s for interrupted responses are part of the timeout, not added to it.
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(4400))
                    order.append("timer")
                }
            }
            #expect(order.values == ["shutdown", "timer"])
            for client in clients + [half] { await client.close() }
        }
    }

    @Test func `a shutdown ends although its caller is cancelled, and is idempotent`() async throws {
        try await TestServer.with { server in
            let clients = try await Self.begin(["/gated"], on: server)
            let cancelled = Task { await server.server.shutDown(drainTimeout: .seconds(600)) }
            cancelled.cancel()
            let second = Task { await server.server.shutDown(drainTimeout: .seconds(600)) }
            server.service.gate.open()
            #expect(try await clients[0].receiveResponse().text == "gated")
            await clients[0].close()
            await cancelled.value
            await second.value
        }
    }

    @Test func `an idle server shuts down at once`() async throws {
        for _ in 0..<20 { try await TestServer.with(loopCount: 2) { _ in } }
    }

    /// Clients whose requests are under way, the streamed ones with their head and first piece read.
    private static func begin(_ paths: [String], on server: TestServer) async throws -> [RawClient] {
        var clients: [RawClient] = []
        for path in paths {
            let client = try await server.connect()
            try await client.send(get(path))
            clients.append(client)
            await eventually("its task") { server.service.tasks.value == clients.count }
            if path.hasSuffix("stream") {
                #expect(try await client.receiveHead().status == .ok)
                #expect(try await client.receiveContent() == Array("begun ".utf8))
            }
        }
        return clients
    }
}

/// Values in order of insertion, from any thread.
private final class Order: Sendable {
    private let list = Locked<[String]>([])
    var values: [String] { list.withLock { $0 } }
    func append(_ value: String) { list.withLock { $0.append(value) } }
}

/// Distinct values, gathered from any thread.
private final class Seen: Sendable {
    private let values = Locked<Set<ObjectIdentifier>>([])
    var count: Int { values.withLock { $0.count } }
    func insert(_ value: ObjectIdentifier) { values.withLock { _ = $0.insert(value) } }
}
