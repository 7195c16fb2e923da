/// The result of one of several clients that were sent the same request.
public struct Comparison: Sendable {
    /// The client's position in the list.
    public var index: Int
    /// The client that was used.
    public var client: Client
    /// The duration of the call.
    public var duration: Duration
    /// The reply, or the error.
    public var result: Result<ChatReply, ClientError>
}

extension Client {
    /// Sends one request to several clients at the same time.
    ///
    /// - Parameters:
    ///   - clients: The clients.
    ///   - request: The request. Unless it names a model, each client uses its own.
    ///   - onResult: Called with each result as it arrives.
    /// - Returns: The results in the order of the clients.
    public static nonisolated(nonsending) func compare(
        _ request: ChatRequest, with clients: [Client],
        onResult: nonisolated(nonsending) (Comparison) async -> Void = { _ in }
    ) async -> [Comparison] {
        await withTaskGroup(of: Comparison.self) { group in
            for (index, client) in clients.enumerated() {
                group.addTask {
                    let start = ContinuousClock.now
                    let result: Result<ChatReply, ClientError>
                    do throws(ClientError) { result = .success(try await client.chat(request)) } catch {
                        result = .failure(error)
                    }
                    return Comparison(index: index, client: client, duration: .now - start, result: result)
                }
            }
            var comparisons = [Comparison?](repeating: nil, count: clients.count)
            for await comparison in group {
                comparisons[comparison.index] = comparison
                await onResult(comparison)
            }
            return comparisons.compactMap { $0 }
        }
    }
}

extension ContinuousClock.Instant {
    fileprivate static func - (left: Self, right: Self) -> Duration { right.duration(to: left) }
}
