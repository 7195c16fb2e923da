import Dispatch
import MartletHTTP
import MartletTesting
import MartletUV
import Testing

/// How a server ends.
@Suite(.timeLimit(.minutes(2)))
struct HTTPServerEndTests {
    private static func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    @Test func `a shutdown lets responses end and refuses new connections and requests`() async throws {
        try await TestServer.with { server in
            let idle = [try await server.connect(), try await server.connect()]
            for client in idle {
                try await client.send(Self.get("/static"))
                #expect(try await client.receiveResponse().text == "static")
            }
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

    @Test func `a forced end counts the responses that it interrupts, also in a drain that has begun`() async throws {
        try await TestServer.with { server in
            let clients = try await Self.begin(["/hanging", "/hanging-stream"], on: server)
            server.server.drain(timeout: .seconds(600))
            await eventually("the refusal of a new connection") { (try? await server.connect()) == nil }
            #expect(!server.server.hasInterrupted)
            server.server.forceShutdown()
            #expect(try await clients[0].receiveResponse().code == 503)
            #expect(await server.server.waitUntilDrained(nil) == 2)
            #expect(server.server.hasInterrupted)
            for client in clients { await client.close() }
        }
        try await TestServer.with { server in
            server.server.forceShutdown()
            server.server.drain(timeout: .seconds(600))
            #expect(await server.server.waitUntilDrained(nil) == 0)
            #expect(!server.server.hasInterrupted, "nothing was in progress")
        }
    }

    @Test func `a short timeout leaves responses half of it`() async throws {
        try await TestServer.with { server in
            let gated = try await Self.begin(["/gated"], on: server)
            server.server.drain(timeout: .seconds(20) / 10)
            await eventually("the refusal of a new connection") { (try? await server.connect()) == nil }
            server.service.gate.open()
            #expect(try await gated[0].receiveResponse().text == "gated")
            await gated[0].close()
            #expect(await server.server.waitUntilDrained(nil) == 0)
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

    @Test func `a drain serves the connections that wait in the system's queue`() async throws {
        try await TestServer.with { server in
            let gated = try await Self.begin(["/gated"], on: server)
            let blocking = try await server.connect(sending: Self.get("/blocking"))
            await eventually("the block") { server.service.blockedLoops.value == 1 }
            var clients: [RawClient] = []
            for _ in 0..<50 { clients.append(try await server.connect(sending: Self.get("/pool?queued"))) }
            let shuttingDown = Task { await server.server.shutDown(drainTimeout: .seconds(600)) }
            server.service.loopBlock.signal()
            #expect(try await blocking.receiveResponse().body.isEmpty)
            await blocking.close()
            for client in clients {
                let response = try await client.receiveResponse()
                #expect(response.text == "pool queued")
                #expect(!response.keepsAlive)
                await client.close()
            }
            server.service.gate.open()
            #expect(try await gated[0].receiveResponse().text == "gated")
            await gated[0].close()
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
