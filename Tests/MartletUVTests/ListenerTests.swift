import Testing

@testable import MartletUV

@Suite(.timeLimit(.minutes(2)))
struct ListenerTests {
    @Test func `connections beyond the room wait, and are accepted when there is room`() async throws {
        try await ListeningServer.with(maximumCount: 2, onRead: ListeningServer.echo) { server in
            var peers: [Peer] = []
            for _ in 0..<5 { peers.append(try await Peer.connect(port: server.port)) }
            await eventually("two connections") { await server.connectionCount == 2 }
            await server.resume()
            #expect(await server.connectionCount == 2)
            for taken in 0..<5 {
                try await peers[taken].send([UInt8(taken)])
                #expect(try await peers[taken].receive(1) == [UInt8(taken)])
                #expect(await server.connectionCount == min(2, 5 - taken))
                try await server.closeOldest()
                await server.resume()
            }
        }
    }

    @Test func `resuming a listener that has not paused, or has closed, does nothing`() async throws {
        try await ListeningServer.with { server in
            await server.resume()
            let peer = try await Peer.connect(port: server.port)
            await eventually("a connection") { await server.connectionCount == 1 }
            await server.closeListener()
            await server.closeListener()
            await server.resume()
            await #expect(throws: Peer.Failure.self) { _ = try await Peer.connect(port: server.port) }
            try await peer.send([1])
            await eventually("the open connection") { (try? await server.withLast(\.received)) == [1] }
        }
    }

    @Test func `a socket that cannot be listened on is closed`() async throws {
        let address = try SocketAddress.resolve(host: "127.0.0.1", port: 0)
        let socket = try #require(try ListeningSocket.bind(to: address, count: 1).first)
        try await EventLoop.with { loop in
            let isOpen = try await loop.run { () -> Result<Bool, UVError> in
                Result { () throws(UVError) in
                    // libuv opens no descriptor that another handle of the loop watches.
                    let poll = try SocketPoll(descriptor: socket.descriptor, on: loop, onReady: { _ in })
                    poll.watch(.readable)
                    defer { poll.close() }
                    #expect(throws: UVError.self) {
                        try Listener(on: loop, socket: socket, hasRoom: { true }, onAccept: { $0.close() })
                    }
                    return (try? SocketAddress(boundTo: socket.descriptor)) != nil
                }
            }.get()
            #expect(!isOpen)
        }
    }

    @Test func `many connections come and go`() async throws {
        try await ListeningServer.with(onRead: ListeningServer.echo) { server in
            for round in 0..<10 {
                try await withThrowingTaskGroup { group in
                    for number in 0..<20 {
                        group.addTask {
                            let peer = try await Peer.connect(port: server.port)
                            try await peer.send([UInt8(number)])
                            #expect(try await peer.receive(1) == [UInt8(number)])
                            if round.isMultiple(of: 2) { peer.close() } else { peer.reset() }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            await eventually("the end of every connection") {
                server.log.entries.count { $0 == "end" || $0 == "close" } == 200
            }
        }
    }
}
