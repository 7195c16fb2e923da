import MartletHTTP
import MartletTesting
import Testing

/// Refusals as a client on a real socket sees them: a status, whatever of its request is still unread, and then the
/// fate of the connection.
@Suite(.timeLimit(.minutes(2)))
struct HTTPServerRefusalTests {
    private static let next = "GET /static HTTP/1.1\r\nHost: a\r\n\r\n"

    private static let limits = [
        Refusal(
            "a head that is too large", "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 40_000), 431),
        Refusal("too many fields", "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 101), 431),
        Refusal("a length past the limit", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n", 413),
        Refusal(
            "chunks past the limit",
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "2710\r\n" + String(repeating: "x", count: 10_000) + "\r\n", count: 11), 413),
    ]

    private static let groups = [
        RequestLineTests.refusals, HeaderFieldParserTests.refusals, ChunkedBodyTests.refusals,
        RequestTargetTests.refusals, MessageFramingTests.hosts, MessageFramingTests.lengths,
        MessageFramingTests.encodings,
        MessageFramingTests.expectations, limits,
    ]

    @Test(arguments: groups.indices, [1, 3])
    func `every refusal reaches its client, in one piece and in several, and ends the connection`(
        group: Int, pieceCount: Int
    ) async throws {
        try await TestServer.with { server in
            for refusal in Self.groups[group] {
                let client = try await server.connect()
                // What the server will never parse is unread when it answers.
                let bytes = refusal.bytes + Array(("\u{1}" + Self.next + Self.next).utf8)
                let size = (bytes.count + pieceCount - 1) / pieceCount
                for start in stride(from: 0, to: bytes.count, by: size) {
                    try await client.send(Array(bytes[start..<min(start + size, bytes.count)]))
                    await Task.yield()
                }
                let response = try await client.receiveResponse()
                #expect(response.code == refusal.status, "\(refusal.why)")
                #expect(!response.keepsAlive, "\(refusal.why)")
                #expect(try await client.receiveToEnd().isEmpty, "\(refusal.why)")
            }
        }
    }

    @Test(arguments: [
        ("GET /missing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 404),
        ("HEAD /missing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    ])
    func `a refusal of a complete request leaves the connection usable`(
        request: String, status: Int
    ) async throws {
        try await TestServer.with { server in
            let client = try await server.connect()
            try await client.send(request + Self.next)
            #expect(try await client.receiveResponse(isHead: request.hasPrefix("HEAD")).code == status)
            #expect(try await client.receiveResponse().text == "static")
            try await client.send(Self.next)
            #expect(try await client.receiveResponse().text == "static")
        }
    }

    @Test(arguments: [
        "Content-Length: 100001\r\n\r\n", "Content-Length: x\r\n\r\n", "Expect: x\r\n\r\n", "Host: b\r\n\r\n",
        "Transfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nx\r\n",
    ])
    func `a HEAD request that is refused after its head gets no content`(rest: String) async throws {
        try await TestServer.with { server in
            let client = try await server.connect(sending: "HEAD /echo HTTP/1.1\r\nHost: a\r\n\(rest)")
            let response = try await client.receiveResponse(isHead: true)
            #expect(response.code >= 400)
            #expect(!response.keepsAlive)
            #expect(try await client.receiveToEnd().isEmpty)
        }
    }

    @Test(arguments: ["Content-Length: 10485760\r\nContent-Length: 1", "Content-Length: 10485760"])
    func `a client in the middle of a large upload reads its status and gets no reset`(field: String) async throws {
        try await TestServer.with { server in
            let client = try await server.connect()
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n")
            let piece = [UInt8](repeating: 0x78, count: 100_000)
            for _ in 0..<5 { try await client.send(piece) }
            let response = try await client.receiveResponse()
            #expect(response.code == (field.contains("\r\n") ? 400 : 413))
            #expect(!response.keepsAlive)
            for _ in 0..<4 { try await client.send(piece) }
            #expect(try await client.receiveToEnd().isEmpty)
        }
    }

    @Test func `a client that sends all of a large upload before it reads gets its status`() async throws {
        try await TestServer.with { server in
            let client = try await server.connect()
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10485760\r\n\r\n")
            // The server reads a part, then closes: the rest may meet a reset, the status is there all the same.
            for _ in 0..<105 {
                do {
                    try await client.send([UInt8](repeating: 0x78, count: 100_000))
                } catch {
                    break
                }
            }
            #expect(try await client.receiveResponse().code == 413)
        }
    }

    // MARK: Time is up

    @Test func `a head that arrives a byte at a time is a 408 at its deadline`() async throws {
        var limits = ConnectionLimits.patient
        limits.headTimeout = .milliseconds(500)
        try await TestServer.with(limits) { server in
            let client = try await server.connect()
            try await client.send("GET /static HTTP/1.1\r\nHost: a\r\nX: ")
            while server.service.refusals.value == 0 {
                try await Task.sleep(for: .milliseconds(100))
                try await client.send("x")
            }
            let response = try await client.receiveResponse()
            #expect(response.code == 408)
            #expect(!response.keepsAlive)
            #expect(try await client.receiveToEnd().isEmpty)
        }
    }

    @Test(arguments: ["Content-Length: 9\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n9\r\nhello"])
    func `a body that stops arriving is a 408`(rest: String) async throws {
        var limits = ConnectionLimits.patient
        limits.bodyTimeout = .milliseconds(100)
        try await TestServer.with(limits) { server in
            let client = try await server.connect()
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(rest)")
            #expect(try await client.receiveResponse().code == 408)
            #expect(try await client.receiveToEnd().isEmpty)
        }
    }

    @Test(arguments: ["Content-Length: 60000", "Transfer-Encoding: chunked"])
    func `a body that arrives a byte at a time is refused after its grace period`(framing: String) async throws {
        var limits = ConnectionLimits.patient
        limits.bodyGrace = .milliseconds(300)
        limits.minimumBodyRate = 1000
        try await TestServer.with(limits) { server in
            let client = try await server.connect()
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
            while server.service.refusals.value == 0 {
                try await Task.sleep(for: .milliseconds(50))
                try await client.send(framing.hasPrefix("Transfer") ? "1\r\nx\r\n" : "x")
            }
            let response = try await client.receiveResponse()
            #expect(response.code == 408)
            #expect(!response.keepsAlive)
        }
    }

    @Test func `a body that pauses is served while its average is fast enough`() async throws {
        var limits = ConnectionLimits.patient
        limits.bodyGrace = .milliseconds(1)
        limits.minimumBodyRate = 100
        try await TestServer.with(limits) { server in
            let text = String(repeating: "x", count: 60_000)
            let client = try await server.connect()
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60003\r\n\r\n\(text)")
            for _ in 0..<3 {
                try await Task.sleep(for: .milliseconds(300))
                try await client.send("x")
            }
            #expect(try await client.receiveResponse().body.count == 60_003)
        }
    }

    @Test func `an idle connection is closed without sending a response`() async throws {
        var limits = ConnectionLimits.patient
        limits.keepAliveTimeout = .seconds(1)
        try await TestServer.with(limits) { server in
            let silent = try await server.connect()
            let served = try await server.connect(sending: Self.next)
            #expect(try await served.receiveResponse().text == "static")
            #expect(try await silent.receiveToEnd().isEmpty)
            #expect(try await served.receiveToEnd().isEmpty)
        }
    }
}
