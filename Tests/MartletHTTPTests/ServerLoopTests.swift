import MartletHTTP
import MartletTesting
import MartletUV
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ServerLoopTests {
    @Test func `a loop without a listener drains, interrupts and closes, and closes again`() async throws {
        let loop = try EventLoop()
        let service = SampleService()
        await Task(executorPreference: loop) {
            let server = ServerLoop(
                context: service.context(on: loop, limits: .patient), openConnections: service.openConnections)
            server.drain()
            server.interrupt()
            server.close()
            server.close()
        }.value
        await loop.stop()
        #expect(service.openConnections.value == 0)
    }

    @Test func `closing cancels active requests and counts every connection out`() async throws {
        let loop = try EventLoop()
        let service = SampleService()
        let socket = try #require(
            try ListeningSocket.bind(to: .resolve(host: "127.0.0.1", port: 0), count: 1).first)
        let bound = try await loop.run { () -> Result<LoopBound<ServerLoop>, UVError> in
            let server = ServerLoop(
                [socket], context: service.context(on: loop, limits: .patient), openConnections: service.openConnections
            )
            return Result { () throws(UVError) in
                try server.listen()
                return LoopBound(server, on: loop)
            }
        }.get()
        var clients: [RawClient] = []
        for path in ["/hanging", "/endless", "/static"] {
            clients.append(
                try await RawClient(port: socket.address.port, sending: "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n"))
        }
        await eventually("the tasks") { service.tasks.value == 2 && service.openConnections.value == 3 }
        await loop.run { bound.withValue { $0.close() } }
        await eventually("the end of all") { service.tasks.value == 0 && service.openConnections.value == 0 }
        #expect(service.cancelled.value == 2)
        await loop.stop()
    }
}
