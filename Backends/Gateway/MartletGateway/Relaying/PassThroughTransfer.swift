internal import MartletHTTP
internal import MartletUV

/// An answer that is passed through, as it arrives within its timeouts.
struct PassThroughTransfer: Sendable {
    struct Failed: Error {
        let failure: AttemptOutcome.Failure
    }

    private let transfer: any HTTPTransfer
    private let timeouts: GatewayTimeouts
    /// When the client's request began.
    private let start: ContinuousClock.Instant

    init(_ transfer: any HTTPTransfer, timeouts: GatewayTimeouts, since start: ContinuousClock.Instant) {
        (self.transfer, self.timeouts, self.start) = (transfer, timeouts, start)
    }

    func cancel() { transfer.cancel() }

    /// - Throws: `Failed`, or `CancellationError`.
    func head() async throws -> IncomingHead {
        try await within(timeouts.head, .headTimeout) { () async throws(TransportError) in try await transfer.head() }
    }

    /// The next bytes; nil at the end.
    ///
    /// - Throws: `Failed`, or `CancellationError`.
    func next() async throws -> [UInt8]? {
        try await within(timeouts.idle, .idleTimeout) { () async throws(TransportError) in try await transfer.next() }
    }

    private func within<Value: Sendable>(
        _ limit: Duration, _ failure: AttemptOutcome.Failure, _ body: () async throws(TransportError) -> Value
    ) async throws -> Value {
        let left = timeouts.total.map { $0 - (.now - start) } ?? limit
        let failure = left < limit ? .totalTimeout : failure
        let isExpired = Locked(false)
        let timer = Task {
            guard (try? await Task.sleep(for: min(left, limit))) != nil else { return }
            isExpired.withLock { $0 = true }
            transfer.cancel()
        }
        defer { timer.cancel() }
        do throws(TransportError) {
            return try await body()
        } catch {
            if isExpired.withLock({ $0 }) { throw Failed(failure: failure) }
            if error.kind == .cancelled { throw CancellationError() }
            throw Failed(failure: .transport(error))
        }
    }
}
