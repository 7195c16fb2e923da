internal import Logging

/// Clients in the order in which they are asked: the next one where another server, or another model, may do better.
/// Every call begins with the first again. Each client has its own model, key, policy and limits.
public struct FallbackChain: Sendable {
    /// The clients, each server and model once.
    public let clients: [Client]

    /// A chain; one that asks the same model of the same server again is left out.
    public init(_ clients: [Client]) {
        var known: Set<String> = []
        self.clients = clients.filter { known.insert("\($0.baseURL) \($0.model ?? "")").inserted }
    }

    /// Asks, and waits for the answer.
    ///
    /// - Throws: The `ClientError` of the last client that was asked.
    public nonisolated(nonsending) func chat(_ request: Client.ChatRequest) async throws(ClientError) -> ChatReply {
        try await first { (client) async throws(ClientError) -> ChatReply in try await client.chat(request) }
    }

    /// Asks, and returns with the first event. A stream that has begun is not replaced: two models do not make one answer.
    ///
    /// - Throws: The `ClientError` of the last client that was asked.
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
                    "the next client is asked",
                    metadata: ["server": "\(client.baseURL)", "reason": "\(error.reason.rawValue)"])
                failure = error
            }
        }
        throw failure
    }
}
