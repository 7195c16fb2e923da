import MartletCurl
import MartletHTTP
import MartletTesting
import MartletUV
import Testing

/// What is kept from one request for the next one to the same resource.
struct CurlReuseTests {
    /// Collects a response on the loop.
    private final class Collector: CurlReceiver {
        var content: [UInt8] = []
        var end: TransportError??

        func didReceive(_ head: IncomingHead) {}

        func didReceive(_ bytes: UnsafeRawBufferPointer) -> CurlReception {
            content += bytes
            return .taken
        }

        func didEnd(_ error: TransportError?) { end = .some(error) }
    }

    /// On the loop.
    private final class Exchange {
        let curl: CurlLoop
        var transfers: [CurlLoopTransfer] = []
        var collectors: [Collector] = []

        init(on loop: EventLoop) throws { curl = try CurlLoop(on: loop) }

        func begin(_ url: String) throws {
            let collector = Collector()
            collectors.append(collector)
            transfers.append(try curl.begin(OutgoingRequest(.post, url, body: [123, 125]), to: collector))
        }
    }

    @Test func `what is done to a transfer after its end does not reach the one that has its handle now`() async throws
    {
        try await withFaultServer([.json("1")], [.json("2")]) { server in
            let loop = try EventLoop()
            let url = server.url
            let made = await loop.perform { Result { LoopBound(try Exchange(on: loop), on: loop) } }
            let exchange = try #require(made).get()
            for count in 1...2 {
                await loop.perform {
                    exchange.withValue { exchange in
                        do {
                            try exchange.begin(url)
                            for transfer in exchange.transfers.dropLast() {
                                transfer.resume()
                                transfer.cancel()
                            }
                        } catch { Issue.record(error) }
                    }
                }
                while await loop.perform({ exchange.withValue { $0.collectors.last?.end == nil } }) == true {
                    try await Task.sleep(for: .milliseconds(1))
                }
                let content = await loop.perform { exchange.withValue { $0.collectors.last?.content } }
                #expect(content == Array(String(count).utf8))
            }
            #expect(server.requests.map(\.connection) == [0, 0])
            await loop.stop()
        }
    }

    @Test(arguments: ["GET", "POST", "PUT", "DELETE"])
    func `a request without content sends nothing of the one before it, and each keeps its method`(
        _ name: String
    ) async throws {
        let method = HTTPMethod(rawValue: name)
        let bodies = [[UInt8](repeating: 65, count: 200_000), [], [66, 67], []]
        try await withFaultServer([.json("{}")], [.json("{}")], [.json("{}")], [.json("{}")]) { server in
            let transport = CurlTransport()
            for body in bodies {
                let exchange = transport.begin(OutgoingRequest(method, server.url, body: body))
                _ = try await exchange.head()
                while try await exchange.next() != nil {}
            }
            await transport.shutDown()
            #expect(server.requests.map(\.body) == bodies)
            #expect(server.requests.map(\.head.method) == Array(repeating: method, count: bodies.count))
        }
    }

    @Test func `each request has its own fields and content, whatever the one before it had`() async throws {
        let bodies = [[UInt8](repeating: 1, count: 3), [UInt8](repeating: 2, count: 300_000), [], [3, 4]]
        let fields: [HTTPFields] = [
            ["content-type": "text/plain", "x-first": "1"], [:], HTTPFields((0..<40).map { ("x-\($0)", "value") }), [:],
        ]
        try await withFaultServer([.json("{}")], [.json("{}")], [.json("{}")], [.json("{}")]) { server in
            let transport = CurlTransport()
            for (body, fields) in zip(bodies, fields) {
                let exchange = transport.begin(OutgoingRequest(.post, server.url, fields: fields, body: body))
                _ = try await exchange.head()
                while try await exchange.next() != nil {}
            }
            await transport.shutDown()
            #expect(server.requests.map(\.body) == bodies)
            #expect(server.requests.map { $0.head.fields["content-type"] } == ["text/plain", nil, nil, nil])
            #expect(server.requests.map { $0.head.fields["x-39"] } == [nil, nil, "value", nil])
            #expect(server.requests.map { $0.head.fields["x-first"] } == ["1", nil, nil, nil])
        }
    }
}

extension HTTPFields {
    fileprivate init(_ fields: [(String, String)]) {
        self.init()
        for (name, value) in fields { append(name, value) }
    }
}
