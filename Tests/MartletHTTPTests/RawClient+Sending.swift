import MartletTesting

extension RawClient {
    /// Connects, and sends the first bytes without giving the server's clocks a pause. Waits long for a busy machine.
    init(port: Int, sending first: String) async throws {
        try await self.init(port: port, limit: .seconds(60))
        try send(first)
    }
}
