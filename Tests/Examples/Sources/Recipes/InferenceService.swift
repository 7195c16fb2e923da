import Martlet
import ServiceLifecycle

/// A server as a service of a `ServiceGroup`, which watches the signals.
///
/// A graceful shutdown does not cancel the service's task; `serve` drains when its task is cancelled, and returns when
/// the responses under way have ended.
public struct InferenceService: Service {
    let backend: any Backend
    let configuration: ServerConfiguration
    let onReady: @Sendable (Server) -> Void

    public init(
        _ backend: any Backend, configuration: ServerConfiguration = ServerConfiguration(),
        onReady: @escaping @Sendable (Server) -> Void = { $0.announce() }
    ) {
        (self.backend, self.configuration, self.onReady) = (backend, configuration, onReady)
    }

    public func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await serve(backend, configuration: configuration, handlesSignals: false) { onReady($0) }
        }
    }
}
