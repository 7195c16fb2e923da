import MartletUV
import Testing

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
            await eventually("every goodbye") {
                server.log.entries.count { $0 == "end" || $0 == "close" } == 200
            }
        }
    }
}
