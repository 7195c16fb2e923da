@testable import Martlet

extension Service {
    /// A service with started backends, without a server.
    convenience init(
        _ backends: any Backend..., configuration: ServerConfiguration = ServerConfiguration()
    ) async throws {
        let gauges = Gauges()
        var served: [ServedBackend] = []
        for backend in backends {
            served.append(try await ServedBackend.start(backend, configuration: configuration, gauges: gauges))
        }
        self.init(
            try await ModelRegistry(served, configuration: configuration, startTime: 0), configuration: configuration,
            gauges: gauges)
    }
}
