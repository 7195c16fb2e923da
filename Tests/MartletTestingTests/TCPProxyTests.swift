import Foundation
import Martlet
import MartletTestSupport
import Testing

@testable import MartletTesting

@Suite(.serialized, .timeLimit(.minutes(5)))
struct TCPProxyTests {
    @Test func `megabytes arrive unchanged in both directions at once`() async throws {
        let (up, down) = (noise(6_400_000, seed: 1), noise(6_400_000, seed: 2))
        try await ProxiedPair.with { (pair) async throws in
            func exchange(_ peer: RawClient, sending bytes: [UInt8]) async throws -> [UInt8] {
                var received: [UInt8] = []
                for start in stride(from: 0, to: bytes.count, by: 64_000) {
                    try await peer.send(Array(bytes[start..<(start + 64_000)]))
                    received += try await peer.receive(count: 64_000)
                }
                return received
            }
            async let atServer = exchange(pair.server, sending: down)
            #expect(try await exchange(pair.client, sending: up) == down)
            #expect(try await atServer == up)
            #expect(pair.proxy.bytesFromClients == up.count)
            #expect(pair.proxy.bytesFromServer == down.count)
        }
    }

    @Test(arguments: [TCPFault.Direction.fromClient, .fromServer])
    func `a slow reader slows its sender, and the proxy stores little`(direction: TCPFault.Direction) async throws {
        let bytes = noise(16_000_000, seed: 3)
        let bound = ProxyFlow.highWater + 64 * 1024
        try await ProxiedPair.with(receiveBufferBytes: 16 * 1024) { pair in
            let (sender, receiver) = pair.ends(direction)
            async let sent: Void = sender.send(bytes)
            try await eventually("a pause") { pair.proxy.mostPendingBytes >= ProxyFlow.highWater }
            #expect(pair.forwarded(direction) < bytes.count)
            #expect(try await receiver.receive(count: bytes.count) == bytes)
            try await sent
            #expect(pair.forwarded(direction) == bytes.count)
            #expect(pair.proxy.mostPendingBytes <= bound)
        }
    }

    @Test(arguments: [TCPFault.Direction.fromClient, .fromServer])
    func `a half-close is forwarded, and the other direction continues`(direction: TCPFault.Direction) async throws {
        try await ProxiedPair.with { pair in
            let (sender, receiver) = pair.ends(direction)
            try await sender.send("last words")
            await sender.finishSending()
            #expect(try await receiver.receiveToEnd() == Array("last words".utf8))
            #expect(pair.proxy.openConnections == 1)
            let answer = noise(1_000_000, seed: 4)
            async let received = sender.receiveToEnd()
            try await receiver.send(answer)
            await receiver.finishSending()
            #expect(try await received == answer)
            try await eventually("the connection's end") { pair.proxy.openConnections == 0 }
        }
    }

    @Test(arguments: [TCPFault.Direction.fromClient, .fromServer])
    func `a reset is forwarded as a reset, after the bytes before it`(direction: TCPFault.Direction) async throws {
        try await ProxiedPair.with { pair in
            let (sender, receiver) = pair.ends(direction)
            // A reset before the proxy has noticed that it is connected would be a failure to connect.
            try await receiver.send("go")
            _ = try await sender.receive(count: 2)
            try await sender.send("cut o")
            await sender.reset()
            #expect(await receiver.receiveToReset() == Array("cut o".utf8))
            try await eventually("the connection's end") { pair.proxy.openConnections == 0 }
        }
    }

    @Test func `a reset reaches a peer that has ended its stream, and one that is sending`() async throws {
        try await ProxiedPair.with { pair in
            await pair.client.finishSending()
            #expect(try await pair.server.receiveToEnd().isEmpty)
            await pair.server.reset()
            #expect(await pair.client.receiveToReset() == [])
            try await eventually("the connection's end") { pair.proxy.openConnections == 0 }
        }
        try await ProxiedPair.with(receiveBufferBytes: 16 * 1024) { pair in
            let sending = Task { try await pair.server.send(noise(16_000_000, seed: 5)) }
            _ = try await pair.client.receive(count: 1)
            await pair.client.reset()
            await #expect(throws: RawClientError.self) { try await sending.value }
            try await eventually("the connection's end") { pair.proxy.openConnections == 0 }
        }
    }

    @Test func `a client is reset when its server cannot be reached`() async throws {
        try await withTCPProxy(to: FaultServer.refusedPort()) { proxy in
            // The reset may already be there when the client connects.
            if let client = try? await RawClient(port: proxy.port) { #expect(await client.receiveToReset() == []) }
            try await eventually("the connection's end") { proxy.connectionCount == 1 && proxy.openConnections == 0 }
        }
    }

    @Test func `connections are independent, and counted`() async throws {
        try await withFaultServer([.json(#"{"a":1}"#)]) { server in
            try await withTCPProxy(to: server.port) { proxy in
                var clients: [RawClient] = []
                for number in 0..<20 {
                    clients.append(try await RawClient(port: proxy.port))
                    #expect(try await clients[number].ask(.get, "/").text == #"{"a":1}"#)
                    #expect(proxy.connectionCount == number + 1)
                    #expect(proxy.openConnections == number + 1)
                }
                for client in clients {
                    #expect(try await client.ask(.get, "/").text == #"{"a":1}"#)
                    await client.close()
                }
                try await eventually("the connections' end") { proxy.openConnections == 0 }
                #expect(server.requests.count == 40)
                #expect(proxy.bytesFromServer == server.bytesSent)
            }
        }
    }

    @Test func `a closed port refuses connections, and open ones continue`() async throws {
        try await withFaultServer([.json("1")]) { server in
            try await withTCPProxy(to: server.port) { proxy in
                let client = try await RawClient(port: proxy.port)
                for _ in 0..<3 {
                    #expect(try await client.ask(.get, "/").text == "1")
                    await proxy.closePort()
                    await proxy.closePort()
                    await #expect(throws: RawClientError.self) { _ = try await RawClient(port: proxy.port) }
                    #expect(try await client.ask(.get, "/").text == "1")
                    try await proxy.openPort()
                    try await proxy.openPort()
                    let other = try await RawClient(port: proxy.port)
                    #expect(try await other.ask(.get, "/").text == "1")
                    await other.close()
                }
            }
        }
    }

    @Test func `a proxy that has been shut down has ended its connections, and stays closed`() async throws {
        let listener = try RawListener()
        let proxy = try await TCPProxy.start(to: listener.port)
        let client = try await RawClient(port: proxy.port)
        let server = try await listener.accept()
        await proxy.shutDown()
        await proxy.shutDown()
        #expect(try await client.receiveToEnd().isEmpty)
        #expect(try await server.receiveToEnd().isEmpty)
        #expect(proxy.openConnections == 0)
        try await proxy.openPort()
        await proxy.apply(.none)
        await #expect(throws: RawClientError.self) { _ = try await RawClient(port: proxy.port) }
    }

    #if os(Linux)
        @Test func `no descriptor is left behind, however connections end`() async throws {
            func descriptorCount() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            let before = try descriptorCount()
            let faults: [TCPFault] = [
                .none, .refuse(), .refuse(by: .fin), .blackHole, .stall(afterBytes: 1), .delay(.seconds(3600)),
                .cut(afterBytes: 1), .cut(afterBytes: 1, by: .fin),
                .cut(afterBytes: 1, by: .fin, direction: .fromClient),
            ]
            for round in 0..<3 {
                try await withFaultServer([.json("1")]) { server in
                    try await withTCPProxy(to: server.port) { proxy in
                        proxy.plan = { faults[$0 % faults.count] }
                        var clients: [RawClient] = []
                        for _ in 0..<(faults.count * 4) {
                            // A refused client may already see the reset when it connects.
                            guard let client = try? await RawClient(port: proxy.port) else { continue }
                            try? await client.send(.get, "/")
                            clients.append(client)
                        }
                        try await eventually("every connection") { proxy.connectionCount == faults.count * 4 }
                        for client in clients where round < 2 {
                            if round == 0 { await client.close() } else { await client.reset() }
                        }
                    }
                }
            }
            try await eventually("closed descriptors") { try descriptorCount() <= before }
        }
    #endif
}
