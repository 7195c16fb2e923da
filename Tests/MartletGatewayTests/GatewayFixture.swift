import Martlet
import MartletGateway
import MartletHTTP
import MartletJSON
import MartletTesting
import MartletToy

/// Runs a gateway in front of `upstreams`, and calls `body` with its port.
nonisolated(nonsending) func withGateway(
    _ upstreams: [Upstream], configuration: GatewayConfiguration = GatewayConfiguration(),
    _ body: nonisolated(nonsending) (_ client: RawClient, _ gateway: RunningServer) async throws -> Void
) async throws {
    try await withServer(try Gateway(upstreams, configuration: configuration)) { server in
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

/// Runs a server with the embedded model.
nonisolated(nonsending) func withToy(
    _ body: nonisolated(nonsending) (RunningServer) async throws -> Void
) async throws {
    try await withServer(ToyBackend(try ToyModel.embedded())) { server in try await body(server) }
}

extension RawClient {
    func post(_ path: String, _ body: String) throws -> HTTPResponse {
        try ask(.post, path, fields: ["Content-Type": "application/json"], body: body)
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The content without what differs between two requests for the same: ids and times.
    var comparable: String {
        var text = text
        for (start, end) in [("\"id\":\"", "\""), ("\"created\":", ",")] {
            let parts = text.split(separator: start, omittingEmptySubsequences: false)
            text = parts.dropFirst().reduce(String(parts[0])) { $0 + start + $1.drop { !end.contains($0) } }
        }
        return text
    }
}
