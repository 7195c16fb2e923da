import MartletHTTP
import MartletTesting
import MartletUV
import Testing

/// A server with the sample service on a port of its own.
struct TestServer: Sendable {
    let server: HTTPServer
    let service: SampleService

    var port: Int { server.address.port }

    /// Runs `body` with a server, and shuts it down: whatever `body` left open ends then.
    static func with(
        _ limits: ConnectionLimits = .patient, loopCount: Int = 1,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        SignalWatcher.ignoreBrokenPipes()
        let service = SampleService()
        let address = try SocketAddress.resolve(host: "127.0.0.1", port: 0)
        let server = try await HTTPServer(
            address: address, loopCount: loopCount, openConnections: service.openConnections, tasks: service.tasks
        ) { service.context(on: $0, limits: limits) }
        do {
            try await body(TestServer(server: server, service: service))
        } catch {
            Issue.record(error)
        }
        service.gate.open()
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
