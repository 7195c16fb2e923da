internal import MartletHTTP
internal import MartletUV

/// A response in progress: its head has arrived, and a watchdog limits the wait for the rest.
final class OpenResponse: Sendable {
    /// The maximum that is read of an error's body, in bytes.
    private static let errorBodyLimit = 1 << 20
    /// The maximum time for an error's body.
    private static let errorBodyTime = Duration.seconds(5)
    /// The maximum time to read the unneeded end of a response so that its connection can be reused.
    private static let restLimit = Duration.seconds(1)

    let head: IncomingHead
    private let transfer: any HTTPTransfer
    private let watchdog: Watchdog
    private let isOver = Locked(false)

    /// - Throws: `ClientError` if no head arrives.
    init(_ transfer: any HTTPTransfer, watchdog: Watchdog) async throws(ClientError) {
        self.transfer = transfer
        self.watchdog = watchdog
        watchdog.arm(.firstToken)
        do throws(TransportError) { head = try await transfer.head() } catch {
            watchdog.stop()
            throw watchdog.fired.map(watchdog.error) ?? ClientError(error)
        }
    }

    deinit { end() }

    /// The error of a response whose status is not 2xx, with its body.
    func failure() async -> ClientError {
        var body: [UInt8] = []
        do throws(ClientError) {
            watchdog.arm(.firstToken, atMost: Self.errorBodyTime)
            while body.count < Self.errorBodyLimit, let more = try await next() { body += more }
        } catch {
            // The status is known: an incomplete body does not change the error.
            if error.reason == .cancelled || error.timeout == .total { return error }
        }
        end()
        return ClientError(head, body: body)
    }

    /// The complete content.
    ///
    /// - Throws: `ClientError`, of reason `responseTooLarge` for more than `limit` bytes.
    func body(limit: Int) async throws(ClientError) -> [UInt8] {
        var body: [UInt8] = []
        while let more = try await next(after: body.count) {
            body += more
            if body.count > limit {
                end()
                throw ClientError(
                    .responseTooLarge,
                    "read body: the response has more than \(limit) bytes. The setting is `replyLimit`.")
            }
        }
        end()
        return body
    }

    /// The next bytes of a response that is not streamed; nil at its end. One that breaks before its first byte is a
    /// connection failure, not an interruption.
    private func next(after count: Int) async throws(ClientError) -> [UInt8]? {
        watchdog.arm(count == 0 ? .firstToken : .idle)
        defer { watchdog.disarm() }
        do throws(ClientError) { return try await next() } catch {
            var error = error
            if count == 0, error.reason == .interrupted { error.reason = .connection }
            throw error
        }
    }

    /// Starts a timeout, which runs until `disarmTimeout()`; `atMost` shortens the configured limit.
    func armTimeout(_ kind: Timeouts.Kind, atMost: Duration? = nil) { watchdog.arm(kind, atMost: atMost) }

    /// Stops all timeouts but the total.
    func disarmTimeout() { watchdog.disarm() }

    /// The next bytes; nil at the end of the content.
    func next() async throws(ClientError) -> [UInt8]? {
        do throws(TransportError) {
            return try await transfer.next()
        } catch {
            end()
            throw watchdog.fired.map(watchdog.error) ?? ClientError(error, isAnswered: true)
        }
    }

    /// Ends the response without reading the rest. The connection closes unless everything has arrived.
    func end() {
        guard claimEnd() else { return }
        watchdog.stop()
        transfer.cancel()
    }

    /// Ends a response that has nothing of interest left, but reads its last bytes so that the connection can be reused
    /// if they arrive soon.
    func drainAndClose() {
        guard claimEnd() else { return }
        watchdog.stop()
        let transfer = transfer
        let limit = Task {
            try await Task.sleep(for: Self.restLimit)
            transfer.cancel()
        }
        Task {
            defer { limit.cancel() }
            while try await transfer.next() != nil {}
        }
    }

    /// False if the response has ended already.
    private func claimEnd() -> Bool {
        isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
    }
}
