internal import Logging
internal import MartletHTTP
internal import MartletUV

/// Delivers the records of requests to the observers, in batches, outside the event loops.
///
/// Records are collected for a moment, so that a busy loop starts a task for many requests and not for each. An observer
/// that is slower than the requests cannot take all memory: beyond a bound, records are dropped and the log says how
/// many.
final class RecordDelivery: Sendable {
    typealias Observer = @Sendable ([RequestRecord]) async -> Void

    static let maximumPending = 65_536
    private static let collectionTime = Duration.milliseconds(20)
    /// How long the end of a server waits for slow observers.
    static let finishTime = Duration.seconds(2)

    /// What a record is made from. That takes longer than collecting it, so it is not done on the loop.
    private struct Pending {
        let exchange: ExchangeFacts
        let facts: RequestFacts?
    }

    private struct State {
        var pending: [Pending] = []
        /// Since the last warning.
        var droppedCount = 0
        var droppedTotal = 0
        var isDelivering = false
    }

    private let observers: [Observer]
    private let logger: Logger
    private let state = Locked(State())

    init(_ observers: [Observer], logger: Logger) {
        self.observers = observers
        self.logger = logger
    }

    /// Adds an exchange that has ended. Returns at once, on any thread.
    func add(_ exchange: ExchangeFacts, _ facts: RequestFacts?) {
        facts?.close()
        let isFirst = state.withLock { state in
            if state.pending.count < Self.maximumPending {
                state.pending.append(Pending(exchange: exchange, facts: facts))
            } else {
                state.droppedCount += 1
                state.droppedTotal += 1
            }
            defer { state.isDelivering = true }
            return !state.isDelivering
        }
        if isFirst { Task { await deliver() } }
    }

    /// Records that were dropped since the start.
    var droppedTotal: Int { state.withLock { $0.droppedTotal } }

    private func deliver() async {
        while true {
            try? await Task.sleep(for: Self.collectionTime)
            let (batch, droppedCount) = state.withLock { state in
                defer { (state.pending, state.droppedCount) = ([], 0) }
                state.isDelivering = !state.pending.isEmpty
                return (state.pending, state.droppedCount)
            }
            if batch.isEmpty { return }
            if droppedCount > 0 {
                logger.warning("the observers of requests are too slow: \(droppedCount) records were dropped")
            }
            let records = Self.records(of: batch)
            for observer in observers { await observer(records) }
        }
    }

    private static func records(of batch: [Pending]) -> [RequestRecord] {
        let (now, microseconds) = (ContinuousClock.now, EventLoop.unixMicroseconds)
        return batch.map { pending in
            let endTime = microseconds - Int((now - pending.exchange.end).nanoseconds / 1000)
            return RequestRecord(pending.exchange, endTime: endTime, pending.facts)
        }
    }

    /// Returns when the observers have received all records, or after `finishTime`, also in a cancelled task.
    func finish() async {
        let end = ContinuousClock.now + Self.finishTime
        while state.withLock({ $0.isDelivering }) {
            if ContinuousClock.now >= end {
                logger.warning("the observers of requests are too slow: the server ends before they have all records")
                return
            }
            await Task.detached { try? await Task.sleep(for: .milliseconds(5)) }.value
        }
    }
}
