public import Martlet
internal import MartletUV
public import ServiceLifecycle

/// A server as a service of a `ServiceGroup`.
///
/// A graceful shutdown drains the server: it accepts no more connections and finishes active responses, for
/// `ServerConfiguration.drainTimeout` at most. If the group cancels the service meanwhile, responses end at once. The
/// group watches the signals, the server does not.
extension Server: Service {
    /// Runs the server until a graceful shutdown or until the task is cancelled, and returns when it has drained.
    ///
    /// - Throws: What `Server.run(onReady:)` throws.
    public func run() async throws { try await runUntilGracefulShutdown { _ in } }

    /// The same, for a service of the application that uses the running server.
    ///
    /// - Parameter onReady: Called once the server listens.
    public nonisolated(nonsending) func runUntilGracefulShutdown(
        onReady: nonisolated(nonsending) (RunningServer) async throws -> Void
    ) async throws {
        let drain = PendingDrain()
        try await withGracefulShutdownHandler {
            try await run { running in
                drain.attach(running)
                try await onReady(running)
            }
        } onGracefulShutdown: {
            drain.begin()
        }
    }
}

/// Drains a server, also if the graceful shutdown begins before the server runs.
private final class PendingDrain: Sendable {
    private let state = Locked((server: RunningServer?.none, isRequested: false))

    func attach(_ server: RunningServer) {
        let isRequested = state.withLock { state in
            state.server = server
            return state.isRequested
        }
        if isRequested { server.drain() }
    }

    func begin() {
        let server = state.withLock { state in
            state.isRequested = true
            return state.server
        }
        server?.drain()
    }
}
