import MartletTesting

/// A client and the server's side of its connection, with a proxy between them.
struct ProxiedPair {
    let proxy: TCPProxy
    let listener: RawListener
    let client: RawClient
    let server: RawClient

    /// Runs `body` with a connection that has `fault`, then ends all of them.
    static nonisolated(nonsending) func with<Result>(
        _ fault: TCPFault = .none, receiveBufferBytes: Int? = nil,
        body: nonisolated(nonsending) (ProxiedPair) async throws -> Result
    ) async throws -> Result {
        let listener = try RawListener(receiveBufferBytes: receiveBufferBytes, limit: .seconds(60))
        return try await withTCPProxy(to: listener.port, fault: fault) { proxy in
            let client = try await RawClient(
                port: proxy.port, receiveBufferBytes: receiveBufferBytes, limit: .seconds(60))
            let server = try await listener.accept()
            let pair = ProxiedPair(proxy: proxy, listener: listener, client: client, server: server)
            let result = try await body(pair)
            await client.close()
            await server.close()
            await listener.close()
            return result
        }
    }

    /// The one that sends in `direction`, and the one that receives.
    func ends(_ direction: TCPFault.Direction) -> (sender: RawClient, receiver: RawClient) {
        direction == .fromClient ? (client, server) : (server, client)
    }

    /// The number of bytes that were forwarded in `direction`.
    func forwarded(_ direction: TCPFault.Direction) -> Int {
        direction == .fromClient ? proxy.bytesFromClients : proxy.bytesFromServer
    }
}

extension RawClient {
    /// All bytes until a reset ends the connection; nil if something else does.
    func receiveToReset() -> [UInt8]? {
        do {
            _ = try receiveToEnd()
            return nil
        } catch {
            guard "\(error)".contains("reset") else { return nil }
        }
        // What had arrived before is kept, and a further read fails at once.
        return (try? receive()) ?? []
    }
}

/// Bytes that no change of order or length leaves as they are: the period is a prime, far from the sizes of buffers.
/// Without line feeds, because a `RawClient` examines every line that it sends.
func noise(_ count: Int, seed: Int) -> [UInt8] {
    let period = (0..<10_007).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 2_654_435_761 >> 13) }
        .map { $0 == 0x0A ? 0x0B : $0 }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + period.count)
    while bytes.count < count { bytes += period }
    bytes.removeLast(bytes.count - count)
    return bytes
}
