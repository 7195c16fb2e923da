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
        let listening = HTTPListening([sockets], openConnections: service.openConnections, tasks: service.tasks) {
            loop in
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
}

/// Distinct values, gathered from any thread.
private final class Seen: Sendable {
    private let values = Locked<Set<ObjectIdentifier>>([])
    var count: Int { values.withLock { $0.count } }
    func insert(_ value: ObjectIdentifier) { values.withLock { _ = $0.insert(value) } }
}
