import MartletUV
import Testing

struct ListeningSocketTests {
    /// Runs `body` with the port that `count` sockets share, each listened on.
    private func withListeners(_ count: Int, _ body: (Int) async throws -> Void) async throws {
        let address = try SocketAddress.resolve(host: "127.0.0.1", port: 0)
        let sockets = try ListeningSocket.bind(to: address, count: count)
        #expect(sockets.count == count)
        #expect(Set(sockets.map(\.address.port)).count == 1)
        try await EventLoop.with { loop in
            let listeners = await loop.run {
                LoopBound(
                    sockets.map { socket in
                        Result { () throws(UVError) in
                            try Listener(on: loop, socket: socket, hasRoom: { true }, onAccept: { $0.close() })
                        }
                    }, on: loop)
            }
            do {
                try await body(try #require(sockets.first).address.port)
            } catch {
                Issue.record(error)
            }
            await loop.run { listeners.withValue { for listener in $0 { try? listener.get().close() } } }
        }
    }

    @Test(arguments: [1, 2, 4]) func `port 0 gives all sockets the same port`(count: Int) async throws {
        try await withListeners(count) { port in
            #expect(port > 0)
            _ = try await Peer.connect(port: port)
        }
    }

    @Test(arguments: [1, 2], [1, 2])
    func `a port in use is an error, also with shared ports`(first: Int, second: Int) async throws {
        try await withListeners(first) { port in
            let address = try SocketAddress.resolve(host: "127.0.0.1", port: port)
            let error = #expect(throws: UVError.self) { _ = try ListeningSocket.bind(to: address, count: second) }
            #expect(error?.isAddressInUse == true)
            #expect(error?.name == "EADDRINUSE")
            #expect(error?.description == "cannot listen on port \(port): address already in use")
        }
    }

    @Test func `a socket that was closed leaves its port free`() throws {
        let address = try SocketAddress.resolve(host: "127.0.0.1", port: 0)
        let first = try #require(try ListeningSocket.bind(to: address, count: 1).first)
        first.close()
        for socket in try ListeningSocket.bind(to: first.address, count: 2) { socket.close() }
    }
}
