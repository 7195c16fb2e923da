import Martlet
import MartletHTTP
import MartletTesting

/// Runs `body` against a server and a client that is connected to it.
nonisolated(nonsending) func withClient(
    of backend: any Backend, _ configuration: ServerConfiguration = ServerConfiguration(port: 0),
    configure: (inout Server) throws -> Void = { _ in },
    while body: nonisolated(nonsending) (RawClient, RunningServer) async throws -> Void
) async throws {
    try await withServer(backend, configuration: configuration, configure: configure) { server in
        let client = try await RawClient(server)
        do {
            try await body(client, server)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}

extension ServerConfiguration {
    /// A configuration with a port that the system chooses and one other change.
    static func with<Value>(_ setting: WritableKeyPath<ServerConfiguration, Value>, _ value: Value) -> Self {
        var configuration = ServerConfiguration(port: 0)
        configuration[keyPath: setting] = value
        return configuration
    }
}
