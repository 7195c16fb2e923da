internal import MartletHTTP
internal import MartletUV

/// A response whose head has come and is one of success, with the watchdog over what is still to come.
final class OpenResponse: Sendable {
    /// What of an error's body is read.
    private static let errorBodyLimit = 1 << 20
    /// How long an error's body may take.
    private static let errorBodyTime = Duration.seconds(5)
    /// How long the rest of a response may take that nobody needs, so that its connection can be used again.
    private static let restLimit = Duration.seconds(1)

    let head: IncomingHead
    private let exchange: any HTTPTransfer
    private let watchdog: Watchdog
    private let isOver = Locked(false)

    /// - Throws: `ClientError` when no response comes, or one of an error.
    init(_ exchange: any HTTPTransfer, watchdog: Watchdog) async throws(ClientError) {
        self.exchange = exchange
        self.watchdog = watchdog
        watchdog.wait(for: .firstToken)
        do throws(TransportError) { head = try await exchange.head() } catch {
            watchdog.stop()
            throw watchdog.fired.map(watchdog.error) ?? ClientError(error)
        }
    }

    deinit { end() }

    /// The error that a head of no success, and its body, tell.
    func failure() async -> ClientError {
        var body: [UInt8] = []
        do throws(ClientError) {
            watchdog.wait(for: .firstToken, atMost: Self.errorBodyTime)
            while body.count < Self.errorBodyLimit, let more = try await next() { body += more }
        } catch {
            // The status is known: a body that does not come, or breaks off, takes nothing away from it.
            if error.reason == .cancelled || error.timeout == .total { return error }
        }
        end()
        return ClientError(head, body: body)
    }

    /// All of the content.
    ///
    /// - Throws: `ClientError` of reason `responseTooLarge` for more than `limit` bytes.
    func whole(limit: Int) async throws(ClientError) -> [UInt8] {
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

    /// The next bytes of a whole body; nil at its end. One that breaks before its first byte was no answer.
    private func next(after count: Int) async throws(ClientError) -> [UInt8]? {
        watchdog.wait(for: count == 0 ? .firstToken : .idle)
        defer { watchdog.rest() }
        do throws(ClientError) { return try await next() } catch {
            var error = error
            if count == 0, error.reason == .interrupted { error.reason = .connection }
            throw error
        }
    }

    /// From now on this timeout runs, until `rest()`; `atMost` is a shorter limit than the setting's.
    func wait(for kind: Timeouts.Kind, atMost: Duration? = nil) { watchdog.wait(for: kind, atMost: atMost) }

    /// Nothing is waited for: no timeout runs but the total.
    func rest() { watchdog.rest() }

    /// The next bytes; nil at the end of the content.
    func next() async throws(ClientError) -> [UInt8]? {
        do throws(TransportError) {
            return try await exchange.next()
        } catch {
            end()
            throw watchdog.fired.map(watchdog.error) ?? ClientError(error, isAnswered: true)
        }
    }

    /// Ends the response: what has not come is not waited for, and the connection closes unless all has.
    func end() {
        guard take() else { return }
        watchdog.stop()
        exchange.cancel()
    }

    /// Ends a response of which nothing of interest is left, yet a few bytes may be: the connection lives on if they come
    /// soon.
    func drainAndClose() {
        guard take() else { return }
        watchdog.stop()
        let exchange = exchange
        let limit = Task {
            try await Task.sleep(for: Self.restLimit)
            exchange.cancel()
        }
        Task {
            defer { limit.cancel() }
            while try await exchange.next() != nil {}
        }
    }

    private func take() -> Bool {
        isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
    }
}
