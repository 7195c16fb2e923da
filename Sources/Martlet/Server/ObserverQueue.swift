internal import Logging
internal import MartletUV

/// The records that one observer has not received yet. Observers do not wait for each other.
///
/// An observer that is slower than the requests cannot take all memory: beyond a bound, records are dropped and the log
/// says how many.
final class ObserverQueue: Sendable {
    private struct State {
        var pending: [RequestRecord] = []
        /// The records that the observer is working on; nil while it is not.
        var activeCount: Int?
        /// Since the last warning.
        var droppedCount = 0
        var droppedTotal = 0
    }

    private let observer: RecordDelivery.Observer
    private let logger: Logger
    private let state = Locked(State())

    init(_ observer: @escaping RecordDelivery.Observer, logger: Logger) {
        self.observer = observer
        self.logger = logger
    }

    /// Whether the observer has received all records.
    var isEmpty: Bool { state.withLock { $0.activeCount == nil } }

    /// Records that were dropped since the start.
    var droppedTotal: Int { state.withLock { $0.droppedTotal } }

    /// Returns at once.
    func add(_ records: [RequestRecord]) {
        let isFirst = state.withLock { state in
            let room = RecordDelivery.maximumPending - state.pending.count
            state.pending += records.prefix(room)
            state.droppedCount += max(0, records.count - room)
            state.droppedTotal += max(0, records.count - room)
            defer { state.activeCount = state.activeCount ?? 0 }
            return state.activeCount == nil
        }
        if isFirst { Task { await deliver() } }
    }

    private func deliver() async {
        while true {
            let (batch, droppedCount) = state.withLock { state in
                defer { (state.pending, state.droppedCount) = ([], 0) }
                state.activeCount = state.pending.isEmpty ? nil : state.pending.count
                return (state.pending, state.droppedCount)
            }
            if droppedCount > 0 {
                logger.warning("an observer of requests is too slow: \(droppedCount) records were dropped")
            }
            if batch.isEmpty { return }
            await observer(batch)
        }
    }

    /// Counts the records that the observer has not received as dropped: the server ends without them.
    func giveUp() {
        state.withLock { state in
            state.droppedTotal += (state.activeCount ?? 0) + state.pending.count
            state.pending = []
        }
    }
}
