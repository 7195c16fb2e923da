/// What one of several clients answered.
public struct Comparison: Sendable {
    /// Its place among the clients.
    public var index: Int
    /// The client.
    public var client: Client
    /// How long it took.
    public var took: Duration
    /// The answer, or why there is none.
    public var result: Result<ChatReply, ClientError>
}

extension Client {
    /// Asks several clients the same, all at once.
    ///
    /// - Parameters:
    ///   - clients: Who is asked.
    ///   - request: What each is asked; the model is the client's own unless the request names one.
    ///   - onResult: Told of each answer as it comes.
    /// - Returns: The answers in the order of the clients.
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
                    return Comparison(index: index, client: client, took: .now - start, result: result)
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
