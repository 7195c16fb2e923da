import MartletHTTP
import MartletTesting
import MartletUV
import Testing

/// Requests that a client sends behind one that is still being answered.
@Suite(.timeLimit(.minutes(2)))
struct PipeliningTests {
    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

    @Test(arguments: [100_000, 400_000], [true, false])
    func `a client that leaves after pipelining is detected`(count: Int, byReset: Bool) async throws {
        try await TestServer.with { server in
            let client = try await server.connect(sending: Self.get("/hanging"))
            await eventually("its task") { server.service.tasks.value == 1 }
            try await client.send(Array(repeating: UInt8(ascii: "x"), count: count))
            if byReset { await client.reset() } else { await client.close() }
            await eventually("its cancellation") { server.service.cancelled.value == 1 }
            await eventually("its end") { server.service.openConnections.value == 0 }
        }
    }

    @Test func `a client that never stops sending behind a request is closed`() async throws {
        try await TestServer.with { server in
            let client = try await server.connect(sending: Self.get("/hanging"))
            await eventually("its task") { server.service.tasks.value == 1 }
            let sending = Task {
                for _ in 0..<640 { try await client.send(Array(repeating: UInt8(ascii: "x"), count: 100_000)) }
            }
            await eventually("its cancellation") { server.service.cancelled.value == 1 }
            await eventually("its end") { server.service.openConnections.value == 0 }
            await #expect(throws: RawClientError.self) { try await sending.value }
        }
    }

    @Test func `requests behind a long response are all answered, in order`() async throws {
        try await TestServer.with { server in
            let client = try await server.connect(sending: Self.get("/gated"))
            await eventually("its task") { server.service.tasks.value == 1 }
            let bodies = (0..<6).map { String(repeating: "\($0)", count: 90_000) }
            for body in bodies {
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n\(body)")
            }
            // Long enough for the server to look after the paused connection a few times.
            try await Task.sleep(for: .seconds(1))
            server.service.gate.open()
            #expect(try await client.receiveResponse().text == "gated")
            for body in bodies { #expect(try await client.receiveResponse().text == body) }
        }
    }
}
