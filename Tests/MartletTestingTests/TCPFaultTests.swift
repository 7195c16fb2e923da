import Martlet
import MartletTestSupport
import MartletTesting
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)))
struct TCPFaultTests {
    private static let directions = [TCPFault.Direction.fromClient, .fromServer]

    @Test(arguments: [TCPFault.Ending.fin, .rst])
    func `a response that is cut at any byte has exactly the bytes before it`(ending: TCPFault.Ending) async throws {
        let response = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\ncontent"
        let bytes = Array(response.utf8)
        try await withFaultServer([.send(response)]) { server in
            try await withTCPProxy(to: server.port) { proxy in
                for count in 0...bytes.count {
                    proxy.fault = .cut(afterBytes: count, by: ending, direction: .fromServer)
                    let client = try await RawClient(port: proxy.port)
                    try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    let received = ending == .fin ? try await client.receiveToEnd() : await client.receiveToReset()
                    #expect(received == Array(bytes.prefix(count)))
                    await client.close()
                }
                try await eventually("the connections' end") { proxy.openConnections == 0 }
                #expect(server.requests.count == bytes.count + 1)
                #expect(proxy.bytesFromServer == (0...bytes.count).reduce(0, +))
            }
            try await eventually("the server's connections' end") { server.openConnections == 0 }
        }
    }

    @Test(arguments: directions, [TCPFault.Ending.fin, .rst])
    func `a cut ends both sides alike`(direction: TCPFault.Direction, ending: TCPFault.Ending) async throws {
        let fault: TCPFault = .cut(afterBytes: 3, by: ending, direction: direction)
        try await ProxiedPair.with(fault) { pair in
            let (sender, receiver) = pair.ends(direction)
            try await sender.send("abcdef")
            if ending == .fin {
                #expect(try await receiver.receiveToEnd() == Array("abc".utf8))
                #expect(try await sender.receiveToEnd().isEmpty)
                // Both may still send, to no effect.
                try await sender.send("g")
                try await receiver.send("h")
                #expect(pair.proxy.openConnections == 1)
                await sender.close()
                await receiver.close()
            } else {
                #expect(await receiver.receiveToReset() == Array("abc".utf8))
                #expect(await sender.receiveToReset() == [])
            }
            try await eventually("the connection's end") { pair.proxy.openConnections == 0 }
            #expect(pair.proxy.bytesFromClients + pair.proxy.bytesFromServer == 3)
        }
    }

    @Test(arguments: [TCPFault.Ending.fin, .rst])
    func `a cut after megabytes delivers them to a slow reader`(ending: TCPFault.Ending) async throws {
        let bytes = noise(8_000_000, seed: 6)
        let fault: TCPFault = .cut(afterBytes: 7_654_321, by: ending)
        try await ProxiedPair.with(fault, receiveBufferBytes: 16 * 1024) { pair in
            let sending = Task { try await pair.server.send(bytes) }
            #expect(try await pair.client.receive(count: 7_000_000) == Array(bytes.prefix(7_000_000)))
            let rest = ending == .fin ? try await pair.client.receiveToEnd() : await pair.client.receiveToReset()
            #expect(rest == Array(bytes[7_000_000..<7_654_321]))
            _ = await sending.result
        }
    }

    @Test(arguments: directions)
    func `a stall lets its bytes pass and stores the rest until the gate opens`(
        direction: TCPFault.Direction
    ) async throws {
        let gate = Gate()
        let fault: TCPFault = .stall(afterBytes: 4, until: gate, direction: direction)
        try await ProxiedPair.with(fault) { pair in
            let (sender, receiver) = pair.ends(direction)
            try await sender.send("0123456789")
            await sender.finishSending()
            #expect(try await receiver.receive(count: 4) == Array("0123".utf8))
            // The other direction is free.
            try await receiver.send("free")
            #expect(try await sender.receive(count: 4) == Array("free".utf8))
            #expect(pair.forwarded(direction) == 4)
            gate.open()
            #expect(try await receiver.receiveToEnd() == Array("456789".utf8))
        }
    }

    @Test(arguments: directions)
    func `what is delayed or stalled for ever arrives in order when the fault ends`(
        direction: TCPFault.Direction
    ) async throws {
        for fault in [
            TCPFault.delay(.seconds(3600), direction: direction), .stall(afterBytes: 0, direction: direction),
        ] {
            try await ProxiedPair.with(fault) { pair in
                let (sender, receiver) = pair.ends(direction)
                for text in ["one ", "two ", "three"] { try await sender.send(text) }
                await sender.finishSending()
                try await receiver.send("free")
                #expect(try await sender.receive(count: 4) == Array("free".utf8))
                #expect(pair.forwarded(direction) == 0)
                await pair.proxy.apply(.none)
                #expect(try await receiver.receiveToEnd() == Array("one two three".utf8))
            }
        }
    }

    @Test func `a client that leaves a stalled connection ends it`() async throws {
        try await ProxiedPair.with(.stall(afterBytes: 0, direction: .fromServer)) { pair in
            try await pair.server.send("never seen")
            await pair.client.reset()
            #expect(await pair.server.receiveToReset() == [])
            try await eventually("the connection's end") { pair.proxy.openConnections == 0 }
        }
    }

    @Test func `bytes are unchanged under delay, jitter, loss, limited bandwidth and splits`() async throws {
        let faults: [TCPFault] = [
            .delay(.milliseconds(2), jitter: .milliseconds(3), seed: 1),
            .loss(probability: 0.2, retransmission: .milliseconds(5), seed: 2),
            .bandwidth(bytesPerSecond: 2_000_000),
            .split(into: [1, 2, 3, 5000], pausing: .zero),
            .stall(afterBytes: 1000, for: .milliseconds(5)),
            [
                .delay(.milliseconds(1), jitter: .milliseconds(2)),
                .loss(probability: 0.1, retransmission: .milliseconds(3)),
                .bandwidth(bytesPerSecond: 4_000_000), .split(into: [7, 3000]),
                .stall(afterBytes: 9, for: .milliseconds(1)),
            ],
        ]
        let (up, down) = (noise(100_000, seed: 7), noise(100_000, seed: 8))
        for fault in faults {
            try await ProxiedPair.with(fault) { pair in
                try await pair.client.send(up)
                try await pair.server.send(down)
                await pair.client.finishSending()
                await pair.server.finishSending()
                #expect(try await pair.client.receiveToEnd() == down)
                #expect(try await pair.server.receiveToEnd() == up)
                try await eventually("the connection's end") { pair.proxy.openConnections == 0 }
            }
        }
    }

    @Test func `a response split at any byte is the same response`() async throws {
        try await withFaultServer([.json(#"{"a":"é"}"#)]) { server in
            try await withTCPProxy(to: server.port) { proxy in
                for border in 1...80 {
                    proxy.fault = .split(into: [border, .max], direction: .both)
                    let client = try await RawClient(port: proxy.port)
                    #expect(try await client.ask(.get, "/").text == #"{"a":"é"}"#)
                    await client.close()
                }
            }
        }
    }

    @Test(arguments: [TCPFault.Ending.fin, .rst])
    func `a refused client is ended, and its server sees nothing`(ending: TCPFault.Ending) async throws {
        try await withFaultServer([.json("1")]) { server in
            try await withTCPProxy(to: server.port, fault: .refuse(by: ending)) { proxy in
                // The reset may already be there when the client connects.
                let client = try? await RawClient(port: proxy.port)
                if ending == .fin { #expect(try await client?.receiveToEnd() == []) }
                if ending == .rst, let client { #expect(await client.receiveToReset() == []) }
                await client?.close()
                try await eventually("the connection's end") {
                    proxy.connectionCount == 1 && proxy.openConnections == 0
                }
            }
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `a black hole takes everything and answers nothing`() async throws {
        try await withFaultServer([.json("1")]) { server in
            try await withTCPProxy(to: server.port, fault: .blackHole) { proxy in
                let client = try await RawClient(port: proxy.port)
                try await client.send(noise(16_000_000, seed: 9))
                await proxy.apply(.none)
                #expect(proxy.openConnections == 1)
                await client.finishSending()
                #expect(try await client.receiveToEnd().isEmpty)
                try await eventually("the connection's end") { proxy.openConnections == 0 }
                #expect(proxy.bytesFromClients == 0 && proxy.bytesFromServer == 0)
            }
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `a plan gives each connection its fault, and a new fault leaves open ones alone`() async throws {
        try await withFaultServer([.json("1")]) { server in
            try await withTCPProxy(to: server.port) { proxy in
                proxy.plan = { $0.isMultiple(of: 2) ? .cut(afterBytes: 0, by: .fin) : .none }
                var open: [RawClient] = []
                for number in 0..<6 {
                    let client = try await RawClient(port: proxy.port)
                    try await client.send(.get, "/")
                    if number.isMultiple(of: 2) {
                        #expect(try await client.receiveToEnd().isEmpty)
                    } else {
                        #expect(try await client.receiveResponse().text == "1")
                        open.append(client)
                    }
                }
                proxy.plan = nil
                proxy.fault = .blackHole
                for client in open { #expect(try await client.ask(.get, "/").text == "1") }
                await proxy.apply(.cut(afterBytes: 0))
                for client in open { #expect(await client.receiveToReset() == []) }
            }
        }
    }
}
