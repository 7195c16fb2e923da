import MartletHTTP
import MartletTesting
import MartletUV
import Testing

/// A server with the sample service on free ports.
struct TestServer: Sendable {
    let server: HTTPServer
    let service: SampleService

    var port: Int { server.addresses.clients[0].port }

    /// Runs `body` with a server, and shuts it down, which closes what `body` left open.
    static func with(
        _ limits: ConnectionLimits = .patient, addressCount: Int = 1, loopCount: Int = 1,
        observesExchanges: Bool = false,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        SignalWatcher.ignoreBrokenPipes()
        let service = SampleService(observesExchanges: observesExchanges)
        let free = try SocketAddress.resolve(host: "127.0.0.1", port: 0)
        let addresses = try (0..<addressCount).map { _ in try ListeningSocket.bind(to: free, count: loopCount) }
        let listening = HTTPListening(addresses, openConnections: service.openConnections, tasks: service.tasks) {
            service.context(on: $0, limits: limits)
        }
        let server = try await HTTPServer(listening, loopCount: loopCount)
        do {
            try await server.listen()
            try await body(TestServer(server: server, service: service))
        } catch {
            Issue.record(error)
        }
        service.gate.open()
        server.forceShutdown()
        await server.shutDown(drainTimeout: .zero)
        await eventually("the end of all") { service.openConnections.value == 0 && service.tasks.value == 0 }
    }

    func connect(sending first: String = "") async throws -> RawClient {
        try await RawClient(port: port, sending: first)
    }

    /// A new connection's response to a GET of `path`.
    func get(_ path: String) async throws -> HTTPResponse {
        let client = try await connect(sending: "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        return try await client.receiveResponse()
    }
}
