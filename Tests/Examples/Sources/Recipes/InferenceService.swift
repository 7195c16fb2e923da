import Martlet
import MartletLifecycle
import ServiceLifecycle

/// A service of a `ServiceGroup` that says where it listens. One that does not is a `Server` as it is.
public struct InferenceService: Service {
    let server: Server
    let onReady: @Sendable (RunningServer) -> Void

    public init(
        _ backend: any Backend, configuration: ServerConfiguration = ServerConfiguration(),
        onReady: @escaping @Sendable (RunningServer) -> Void = { $0.announce() }
    ) {
        server = Server(backend, configuration: configuration)
        self.onReady = onReady
    }

    public func run() async throws { try await server.runUntilGracefulShutdown { onReady($0) } }
}
