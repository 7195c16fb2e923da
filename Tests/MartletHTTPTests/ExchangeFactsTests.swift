import MartletHTTP
import MartletTesting
import MartletUV
import Testing

/// What an observer learns of each exchange, on a connection in memory and on real sockets.
@Suite(.timeLimit(.minutes(2)))
struct ExchangeFactsTests {
    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

    /// The exchanges of a connection that has read `text`, once there are `count` of them.
    private func exchanges(
        _ count: Int, of text: String, _ body: (TestConnection) async throws -> Void = { _ in }
    ) async throws -> [ObservedExchange] {
        var result: [ObservedExchange] = []
        try await TestConnection.open(observesExchanges: true) { test in
            await test.send(text)
            try await body(test)
            await eventually("\(count) exchanges") { test.service.exchanges.count >= count }
            result = test.service.exchanges
        }
        #expect(result.count == count)
        return result
    }

    @Test(arguments: ["GET", "HEAD"])
    func `a static response is an exchange with its route, its times and its bytes`(method: String) async throws {
        var received = 0
        let text = "\(method) /static HTTP/1.1\r\nHost: a\r\n\r\n"
        let exchange = try await exchanges(1, of: text) { received = await $0.received.utf8.count }[0]
        #expect(exchange.route == "/static")
        #expect(exchange.facts.method == HTTPMethod(rawValue: method))
        #expect(exchange.facts.status == .ok)
        #expect(exchange.facts.ending == .complete)
        #expect(exchange.facts.requestBytes == text.utf8.count)
        #expect(exchange.facts.responseBytes == received && received > 0)
        #expect(exchange.facts.requestEnd != nil && exchange.isOrdered)
        #expect(exchange.attachment == nil)
    }

    @Test func `a path without a route is an exchange without one`() async throws {
        let exchange = try await exchanges(1, of: Self.get("/nowhere"))[0]
        #expect(exchange.route == nil)
        #expect(exchange.facts.status == .notFound)
        #expect(exchange.facts.ending == .complete)
    }

    @Test(
        arguments: [("\u{16}", nil), ("GET / HTTP/1.1\r\n\r\n", .get), ("GET / HTTP/2.0", nil)]
            as [(String, HTTPMethod?)])
    func `a refusal of the parser has its reason, no route, and the method of a whole head`(
        text: String, method: HTTPMethod?
    ) async throws {
        var received = 0
        let exchange = try await exchanges(1, of: text) { received = await $0.received.utf8.count }[0]
        #expect(exchange.route == nil)
        #expect(exchange.facts.method == method)
        #expect(exchange.facts.refusal?.status.code == exchange.facts.status?.code)
        #expect(exchange.facts.clientAddress == "192.0.2.1")
        #expect(exchange.facts.ending == .refused)
        #expect(exchange.facts.requestEnd == nil && exchange.isOrdered)
        #expect(exchange.facts.responseBytes == received && received > 0)
    }

    @Test func `a refusal of the body has the route and the method of its head`() async throws {
        let text = "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"
        let exchange = try await exchanges(1, of: text)[0]
        #expect(exchange.route == "/small")
        #expect(exchange.facts.method == .post)
        #expect(exchange.facts.status == .contentTooLarge)
        #expect(exchange.facts.ending == .refused)
    }

    @Test func `an early response is complete although its request is not`() async throws {
        let text = "POST /static HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin"
        let exchange = try await exchanges(1, of: text)[0]
        #expect(exchange.facts.status == .ok)
        #expect(exchange.facts.ending == .complete)
        #expect(exchange.facts.requestEnd == nil)
    }

    @Test func `a request's bytes include its chunk framing, however it arrives`() async throws {
        let text =
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n"
        let exchange = try await exchanges(1, of: text)[0]
        #expect(exchange.facts.requestBytes == text.utf8.count)
        let split = try await exchanges(1, of: String(text.prefix(7))) { test in
            for byte in text.utf8.dropFirst(7) { await test.send([byte]) }
        }[0]
        #expect(split.facts.requestBytes == text.utf8.count)
        #expect(split.facts.start < exchange.facts.end || split.isOrdered)
    }

    @Test func `pipelined requests are one exchange each, in order`() async throws {
        let text = Self.get("/static") + Self.get("/gated") + Self.get("/nowhere")
        let all = try await exchanges(3, of: text) { test in
            await eventually("the first exchange") { test.service.exchanges.count == 1 }
            test.service.gate.open()
        }
        #expect(all.map(\.facts.status) == [.ok, .ok, .notFound])
        #expect(all.map(\.facts.requestBytes) == ["/static", "/gated", "/nowhere"].map { Self.get($0).utf8.count })
        #expect(all.allSatisfy { $0.isOrdered })
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.facts.end <= $1.facts.end })
    }

    @Test func `a request begins and ends when its bytes arrive, also while another one is answered`() async throws {
        let second = Array(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".utf8)
        for count in 1..<second.count {
            var (middle, end) = (ContinuousClock.now, ContinuousClock.now)
            let all = try await exchanges(2, of: Self.get("/gated")) { test in
                await test.send(Array(second.prefix(count)))
                middle = .now
                await test.send(Array(second.dropFirst(count)))
                end = .now
                test.service.gate.open()
            }
            #expect(all[0].facts.end >= end)
            #expect(all[1].facts.start <= middle)
            let requestEnd = try #require(all[1].facts.requestEnd)
            #expect(middle <= requestEnd && requestEnd <= end, "\(count) of \(second.count)")
        }
    }

    @Test func `an exchange ends when the system has taken the last byte of its response`() async throws {
        try await TestConnection.open(observesExchanges: true) { test in
            await test.on { $0.transport.open(0) }
            await test.send(Self.get("/static"))
            await test.send(Self.get("/static"))
            let size = await test.on { $0.transport.unsentByteCount } / 2
            await test.on { $0.transport.open(size - 1) }
            #expect(test.service.exchanges.isEmpty)
            await test.on { $0.transport.open(1) }
            #expect(test.service.exchanges.count == 1)
            await test.on { $0.transport.open(.max) }
            #expect(test.service.exchanges.map(\.facts.responseBytes) == [size, size])
        }
    }

    @Test func `a stream ends with its last byte and brings its attachment`() async throws {
        var received = 0
        let exchange = try await exchanges(1, of: Self.get("/gated-stream")) { test in
            await eventually("the first piece") { await test.writes.count == 1 }
            #expect(test.service.exchanges.isEmpty)
            test.service.gate.open()
            await eventually("the end") { test.service.exchanges.count == 1 }
            received = await test.received.utf8.count
        }[0]
        #expect(exchange.route == "/gated-stream")
        #expect(exchange.facts.status == .ok)
        #expect(exchange.facts.ending == .complete)
        #expect(exchange.facts.responseBytes == received)
        #expect(exchange.attachment == "gated")
        #expect(exchange.isOrdered)
    }

    @Test(arguments: [true, false])
    func `a client that leaves in the middle of a stream ends its exchange`(withReset: Bool) async throws {
        var received = 0
        let exchange = try await exchanges(1, of: Self.get("/trickle")) { test in
            await eventually("a piece") { await test.writes.count >= 2 }
            if withReset { await test.sendReset() } else { await test.sendEnd() }
            received = await test.received.utf8.count
        }[0]
        #expect(exchange.route == "/trickle")
        #expect(exchange.facts.status == .ok)
        #expect(exchange.facts.ending == .clientLeft)
        #expect(exchange.facts.responseBytes == received)
        #expect(exchange.attachment == "trickle")
    }

    @Test func `a client that leaves before its response has no status`() async throws {
        let exchange = try await exchanges(1, of: Self.get("/hanging")) { await $0.sendEnd() }[0]
        #expect(exchange.route == "/hanging")
        #expect(exchange.facts.status == nil)
        #expect(exchange.facts.responseStart == nil)
        #expect(exchange.facts.ending == .clientLeft)
        #expect(exchange.facts.responseBytes == 0)
    }

    @Test(arguments: ["GET /sta", "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"])
    func `a client that leaves within its request ends its exchange`(text: String) async throws {
        let exchange = try await exchanges(1, of: text) { await $0.sendEnd() }[0]
        #expect(exchange.route == (text.hasPrefix("POST") ? "/small" : nil))
        #expect(exchange.facts.method == (text.hasPrefix("POST") ? .post : nil))
        #expect(exchange.facts.requestBytes == text.utf8.count)
        #expect(exchange.facts.requestEnd == nil)
        #expect(exchange.facts.ending == .clientLeft)
    }

    @Test func `a client that leaves between requests ends nothing`() async throws {
        _ = try await exchanges(1, of: Self.get("/static")) { await $0.sendEnd() }
        _ = try await exchanges(0, of: "\r\n") { await $0.sendEnd() }
    }

    @Test func `a client that does not take its response is reported when the server gives up`() async throws {
        var limits = ConnectionLimits.patient
        limits.writeTimeout = .milliseconds(10)
        try await TestConnection.open(limits, observesExchanges: true) { test in
            await test.on { $0.transport.open(5) }
            await test.send(Self.get("/static"))
            await eventually("the end") { test.service.exchanges.count == 1 }
            #expect(test.service.exchanges.first?.facts.ending == .aborted)
            #expect(test.service.exchanges.first?.facts.responseBytes == 5)
        }
    }

    @Test func `an aborted stream is an aborted exchange`() async throws {
        let exchange = try await exchanges(1, of: Self.get("/aborted"))[0]
        #expect(exchange.route == "/aborted")
        #expect(exchange.facts.ending == .aborted)
    }

    @Test func `a head that is too slow is a refusal`() async throws {
        var limits = ConnectionLimits.patient
        limits.headTimeout = .milliseconds(10)
        try await TestConnection.open(limits, sending: "GET /sta", observesExchanges: true) { test in
            await eventually("the end") { test.service.exchanges.count == 1 }
            #expect(test.service.exchanges.first?.facts.ending == .refused)
            #expect(test.service.exchanges.first?.facts.status == .requestTimeout)
            #expect(test.service.exchanges.first?.facts.requestBytes == 8)
        }
    }

    @Test func `exchanges over real sockets are reported from every loop`() async throws {
        try await TestServer.with(loopCount: 2, observesExchanges: true) { server in
            for path in ["/static", "/large", "/stream"] { _ = try await server.get(path) }
            _ = try await server.connect(sending: Self.get("/aborted")).receiveToEnd()
            let client = try await server.connect(sending: Self.get("/hanging"))
            await eventually("the task") { server.service.tasks.value == 1 }
            await client.reset()
            await eventually("all exchanges") { server.service.exchanges.count == 5 }
            let all = server.service.exchanges
            #expect(all.filter { $0.facts.ending == .complete }.allSatisfy { $0.facts.status == .ok && $0.isOrdered })
            #expect(all.count { $0.facts.ending == .complete } == 3)
            #expect(all.count { $0.facts.ending == .aborted } == 1)
            #expect(all.count { $0.facts.ending == .clientLeft } == 1)
            #expect(all.contains { $0.facts.responseBytes > 200_000 })
        }
    }
}
