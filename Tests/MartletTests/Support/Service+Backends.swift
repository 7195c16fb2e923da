@testable import Martlet

extension Service {
    /// A service with started backends, without a server.
    convenience init(
        _ backends: any Backend..., configuration: ServerConfiguration = ServerConfiguration(),
        configure: (inout Server) throws -> Void = { _ in }
    ) async throws {
        var server = Server(backends, configuration: configuration)
        try configure(&server)
        let gauges = Gauges()
        var served: [ServedBackend] = []
        for backend in backends {
            served.append(try await ServedBackend.start(backend, configuration: configuration, gauges: gauges))
        }
        self.init(
            server, try await ModelRegistry(served, configuration: configuration, startTime: 0), gauges: gauges)
    }
}
