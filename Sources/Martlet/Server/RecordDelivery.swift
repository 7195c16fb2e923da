internal import Logging
internal import MartletHTTP
internal import MartletUV

/// Makes the records of requests and delivers them to the observers, in batches, outside the event loops.
///
/// Exchanges are collected for a moment, so that a busy loop starts a task for many requests and not for each. Beyond a
/// bound, they are dropped and the log says how many.
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

    private let queues: [ObserverQueue]
    private let prices: PriceTable?
    private let logger: Logger
    private let state = Locked(State())

    init(_ observers: [Observer], prices: PriceTable? = nil, logger: Logger) {
        self.prices = prices
        queues = observers.map { ObserverQueue($0, logger: logger) }
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

    /// Requests without a record for any observer since the start.
    var unrecordedTotal: Int { state.withLock { $0.droppedTotal } }

    /// Records that some observer has not received since the start; those that no observer has received count once.
    var droppedTotal: Int { unrecordedTotal + queues.reduce(0) { $0 + $1.droppedTotal } }

    private func deliver() async {
        while true {
            try? await Task.sleep(for: Self.collectionTime)
            let (batch, droppedCount) = state.withLock { state in
                defer { (state.pending, state.droppedCount) = ([], 0) }
                return (state.pending, state.droppedCount)
            }
            if droppedCount > 0 {
                logger.warning("there are more requests than can be recorded: \(droppedCount) records were dropped")
            }
            let records = records(of: batch)
            for queue in queues { queue.add(records) }
            let hasMore = state.withLock { state in
                state.isDelivering = !state.pending.isEmpty
                return state.isDelivering
            }
            if !hasMore { return }
        }
    }

    private func records(of batch: [Pending]) -> [RequestRecord] {
        let prices = prices?.prices
        let (now, microseconds) = (ContinuousClock.now, EventLoop.unixMicroseconds)
        return batch.map { pending in
            let endTime = microseconds - (now - pending.exchange.end).nanoseconds / 1000
            return RequestRecord(pending.exchange, endTime: endTime, pending.facts, prices)
        }
    }

    /// Returns when the observers have received all records, or after `finishTime`, also in a cancelled task.
    func finish() async {
        let end = ContinuousClock.now + Self.finishTime
        while state.withLock({ $0.isDelivering }) || !queues.allSatisfy(\.isEmpty) {
            if ContinuousClock.now >= end {
                for queue in queues { queue.giveUp() }
                logger.warning("an observer of requests is too slow: the server ends before it has all records")
                return
            }
            await Task.detached { try? await Task.sleep(for: .milliseconds(5)) }.value
        }
    }
}
