internal import Logging

/// Sends a request to the first client, and to the next one after an error that another server or model may not have.
/// Every call starts with the first client. Each client has its own model, key, policy and limits.
public struct FallbackChain: Sendable {
    /// The clients, without duplicates.
    public let clients: [Client]

    /// Clients with the same server and model as an earlier one are dropped.
    public init(_ clients: [Client]) {
        var known: Set<String> = []
        self.clients = clients.filter { known.insert("\($0.baseURL) \($0.model ?? "")").inserted }
    }

    /// Sends a request and returns the complete reply.
    ///
    /// - Throws: The `ClientError` of the last client that was tried.
    public nonisolated(nonsending) func chat(_ request: Client.ChatRequest) async throws(ClientError) -> ChatReply {
        try await first { (client) async throws(ClientError) -> ChatReply in try await client.chat(request) }
    }

    /// Sends a request and returns the stream when its first event has arrived. A stream that has begun is not
    /// replaced: the output of two models does not make one reply.
    ///
    /// - Throws: The `ClientError` of the last client that was tried.
    public nonisolated(nonsending) func stream(_ request: Client.ChatRequest) async throws(ClientError) -> ChatStream {
        try await first { (client) async throws(ClientError) -> ChatStream in try await client.stream(request) }
    }

    private nonisolated(nonsending) func first<Result>(
        _ ask: nonisolated(nonsending) (Client) async throws(ClientError) -> Result
    ) async throws(ClientError) -> Result {
        var failure = ClientError(.formatError, "build request: the chain has no client.")
        for client in clients {
            do throws(ClientError) { return try await ask(client) } catch {
                guard error.shouldFallBack else { throw error }
                client.logger?.notice(
                    "falling back to the next client",
                    metadata: ["server": "\(client.baseURL)", "reason": "\(error.reason.rawValue)"])
                failure = error
            }
        }
        throw failure
    }
}
