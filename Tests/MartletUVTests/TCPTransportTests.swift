import MartletUV
import Testing

@Suite(.timeLimit(.minutes(2)))
struct TCPTransportTests {
    private static let large = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

    @Test func `echoed bytes arrive completely and in order`() async throws {
        try await ListeningServer.with(onRead: ListeningServer.echo) { server in
            let peer = try await Peer.connect(port: server.port)
            async let sent: Void = peer.send(Self.large)
            let echo = try await peer.receive(Self.large.count)
            try await sent
            #expect(echo == Self.large)
        }
    }

    @Test func `a large write to a slow reader completes and then reports that it has drained`() async throws {
        try await ListeningServer.with { server in
            let peer = try await Peer.connect(port: server.port)
            let unsent = try await server.withLast { connection in
                for start in stride(from: 0, to: Self.large.count, by: 2_000_000) {
                    connection.transport.write(Self.large[start..<(start + 2_000_000)].span)
                }
                return connection.transport.unsentByteCount
            }
            #expect(unsent > 0)
            #expect(!server.log.entries.contains("drain"))
            #expect(try await peer.receive(Self.large.count) == Self.large)
            await eventually("the drain") { server.log.entries.contains("drain") }
            #expect(try await server.withLast(\.transport.unsentByteCount) == 0)
        }
    }

    @Test func `a write that the system takes at once is not reported as drained`() async throws {
        try await ListeningServer.with { server in
            let peer = try await Peer.connect(port: server.port)
            try await server.withLast { $0.transport.write([1, 2, 3].span) }
            #expect(try await peer.receive(3) == [1, 2, 3])
            #expect(server.log.entries.isEmpty)
        }
    }

    @Test func `a transport that does not read leaves the bytes in the socket`() async throws {
        try await ListeningServer.with { server in
            let peer = try await Peer.connect(port: server.port)
            try await server.withLast { connection in
                connection.transport.stopReading()
                connection.transport.stopReading()
            }
            try await peer.send([1, 2, 3])
            await server.loop.run {}
            #expect(try await server.withLast(\.received).isEmpty)
            try await server.withLast { connection in
                connection.transport.startReading()
                connection.transport.startReading()
            }
            await eventually("the bytes") { (try? await server.withLast(\.received)) == [1, 2, 3] }
        }
    }

    @Test func `the peer's end is reported once, and writing remains possible`() async throws {
        try await ListeningServer.with { server in
            let peer = try await Peer.connect(port: server.port)
            peer.shutdownWriting()
            await eventually("the end") { server.log.entries == ["end"] }
            try await server.withLast { $0.transport.write([7].span) }
            #expect(try await peer.receive(1) == [7])
            #expect(server.log.entries == ["end"])
        }
    }

    @Test func `a reset is reported as a failure`() async throws {
        try await ListeningServer.with { server in
            let peer = try await Peer.connect(port: server.port)
            try await server.withLast { _ in }
            peer.reset()
            await eventually("the end") { server.log.entries == ["ECONNRESET", "close"] }
        }
    }

    @Test func `a reset that arrives together with bytes is reported as a failure`() async throws {
        try await ListeningServer.with { server in
            let peer = try await Peer.connect(port: server.port)
            try await server.withLast { $0.transport.stopReading() }
            try await peer.send([1, 2, 3])
            peer.reset()
            try await server.withLast { $0.transport.startReading() }
            await eventually("the end") { server.log.entries.last == "close" }
            #expect(server.log.entries == ["ECONNRESET", "close"])
        }
    }

    @Test func `a reset is reported while bytes are unsent`() async throws {
        try await ListeningServer.with { server in
            let peer = try await Peer.connect(port: server.port)
            try await server.withLast { connection in
                connection.transport.stopReading()
                connection.transport.write(Self.large.span)
            }
            peer.reset()
            await eventually("the end") { server.log.entries.last == "close" }
            #expect(!server.log.entries.contains("drain"))
        }
    }

    @Test func `shutting down sends the written bytes, then the end, and reading continues`() async throws {
        try await ListeningServer.with { server in
            let peer = try await Peer.connect(port: server.port)
            try await server.withLast { connection in
                connection.transport.write(Self.large.span)
                connection.transport.shutdown()
                connection.transport.shutdown()
            }
            #expect(try await peer.receive(.max) == Self.large)
            try await peer.send([9])
            await eventually("the byte") { (try? await server.withLast(\.received)) == [9] }
        }
    }

    @Test func `closing twice, within a callback and with bytes unsent, is one close`() async throws {
        let closeTwice: @Sendable (ListeningServer.Connection, [UInt8]) -> Void = { connection, _ in
            connection.transport.write(Self.large.span)
            connection.transport.close()
            connection.transport.close()
            connection.transport.write([1].span)
            connection.transport.shutdown()
            connection.transport.startReading()
            connection.transport.stopReading()
        }
        try await ListeningServer.with(onRead: closeTwice) { server in
            let peer = try await Peer.connect(port: server.port)
            try await peer.send([1])
            await eventually("the close") { server.log.entries == ["close"] }
            #expect(await server.connectionCount == 0)
        }
    }
}
