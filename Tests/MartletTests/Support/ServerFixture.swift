import Martlet
import MartletHTTP
import MartletTesting

/// Runs `body` against a server on a port of its own and a client that is connected to it. Limits can be set short.
nonisolated(nonsending) func withClient(
    of backend: any Backend, _ configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: nonisolated(nonsending) (RawClient, Server) async throws -> Void
) async throws {
    var configuration = ServerConfiguration(port: 0)
    configure(&configuration)
    try await withServer(backend, configuration: configuration) { server in
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
