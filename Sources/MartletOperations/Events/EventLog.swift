internal import Logging
public import Martlet
internal import MartletHTTP
internal import MartletUV

extension Server {
    /// Records each run of the server in a file of events in the format `toy/v1`, which docs/events.md describes: the
    /// start, every request when it has ended, and the end. The file contains neither prompts, replies nor credentials.
    ///
    /// The start is written before the first request is accepted. If the file cannot be opened, is in use by another
    /// server or is not a file of events, the server does not start, and `run` throws an `EventsError`. After that,
    /// a disk that is full or fails never affects a request: events are dropped, counted and logged once until writing
    /// works again.
    ///
    /// - Returns: The log, for its counters.
    @discardableResult
    public mutating func recordEvents(_ configuration: EventsConfiguration) -> EventLog {
        let log = EventLog(configuration)
        switch configuration.steps {
        case .none: break
        case .requested: recordSteps { $0.fields[EventsConfiguration.stepsField] == "1" }
        case .all: recordSteps { _ in true }
        }
        onStart { try await log.start($0) }
        onRequestEnd { log.add($0) }
        onEnd { await log.end($0, error: $1) }
        return log
    }
}

/// The events of a server's runs, as they are written.
public final class EventLog: Sendable {
    /// Records that wait for the disk beyond this number are dropped.
    static let maximumPending = 16_384
    /// How long the end of a server waits for the disk.
    static let finishTime = Duration.seconds(5)

    private struct End {
        let reason: EventLine.Reason
        let error: String?
        /// Requests that the server had no records of.
        let unrecorded: Int
    }

    private struct State {
        var writer: EventWriter?
        var threads: ThreadPool?
        var pending: [RequestRecord] = []
        /// Whether a task writes.
        var isWriting = false
        var totals = RunTotals()
        /// Of the runs before this one.
        var earlierDropped = 0
        /// Dropped because the disk was too slow, since the last warning.
        var overflow = 0
        var end: End?
    }

    private let configuration: EventsConfiguration
    private let state = Locked(State())

    init(_ configuration: EventsConfiguration) { self.configuration = configuration }

    /// The events of all runs that could not be written, since the disk was full, too slow or failing. It only grows.
    public var droppedEvents: Int { state.withLock { $0.earlierDropped + $0.totals.dropped } }

    /// The file of the current run; nil while there is none.
    public var path: String? { state.withLock { $0.writer?.path } }

    /// The id of the current run; nil while there is none.
    public var runID: String? { state.withLock { $0.writer?.runID } }

    // MARK: The run

    func start(_ running: RunningServer) async throws {
        let threads: ThreadPool
        do { threads = try ThreadPool(count: 1) } catch { throw EventsError("\(error)") }
        do {
            let configuration = configuration
            let writer = try await withTaskExecutorPreference(threads) { try EventWriter(configuration, running) }
            try state.withLock { state throws(EventsError) in
                if state.writer != nil {
                    throw EventsError("the events of one server are recorded in one run at a time")
                }
                let dropped = state.earlierDropped + state.totals.dropped
                state = State()
                (state.writer, state.threads, state.earlierDropped) = (writer, threads, dropped)
            }
        } catch {
            threads.stop()
            throw error
        }
    }

    /// Returns at once.
    func add(_ records: [RequestRecord]) {
        let hasProbes = !configuration.includesProbes && records.contains(where: \.isProbe)
        let records = hasProbes ? records.filter { !$0.isProbe } : records
        if records.isEmpty { return }
        let isFirst = state.withLock { state in
            // A record may come after the end, if another observer was too slow.
            if state.writer == nil { return false }
            for record in records {
                state.totals.requests += 1
                if record.isRecordedError { state.totals.errors += 1 }
                state.totals.outputTokens &+= record.generation?.usage.completionTokens ?? 0
            }
            let room = Self.maximumPending - state.pending.count
            if state.pending.isEmpty && records.count <= room {
                state.pending = records
            } else {
                state.pending += records.prefix(max(0, room))
            }
            let dropped = max(0, records.count - max(0, room))
            state.totals.dropped += dropped
            state.overflow += dropped
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if isFirst { write() }
    }

    /// Ends the run, or gives up after `finishTime` if the disk does not respond.
    func end(_ running: RunningServer, error: (any Error)?) async {
        let reason: EventLine.Reason =
            running.isShutDown || error is CancellationError ? .interrupted : error == nil ? .completed : .errored
        let end = End(
            reason: reason, error: error.map { "\($0)" }, unrecorded: running.unrecordedRequests)
        let isFirst: Bool? = state.withLock { state in
            if state.writer == nil { return nil }
            state.end = end
            defer { state.isWriting = true }
            return !state.isWriting
        }
        guard let isFirst else { return }
        if isFirst { write() }
        let limit = ContinuousClock.now + Self.finishTime
        while state.withLock({ $0.writer != nil }) {
            if ContinuousClock.now >= limit {
                running.configuration.logger.warning("the disk does not respond: the run's events lack their end")
                return
            }
            // Also in a cancelled task.
            await Task.detached { try? await Task.sleep(for: .milliseconds(5)) }.value
        }
    }

    // MARK: Writing

    /// Starts the task that writes. There is one at a time.
    private func write() {
        guard let threads = state.withLock({ $0.threads }) else { return }
        Task.detached(executorPreference: threads) { [self] in await writePending() }
    }

    private func writePending() async {
        while true {
            let (writer, batch, overflow, end) = state.withLock { state in
                let next = (state.writer, state.pending, state.overflow, state.pending.isEmpty ? state.end : nil)
                (state.pending, state.overflow) = ([], 0)
                state.isWriting = !next.1.isEmpty || next.3 != nil
                return next
            }
            guard let writer else { return }
            if overflow > 0 { await writer.warn(ofOverflow: overflow) }
            if !batch.isEmpty {
                let dropped = await writer.write(batch)
                if dropped > 0 { state.withLock { $0.totals.dropped += dropped } }
            } else if let end {
                return await finish(writer, end)
            } else {
                return
            }
        }
    }

    private func finish(_ writer: EventWriter, _ end: End) async {
        var totals = state.withLock { $0.totals }
        totals.dropped += end.unrecorded
        _ = await writer.end(end.reason, totals, exitCode: end.reason == .errored ? 1 : 0, error: end.error)
        state.withLock { state in
            state.threads?.stop()
            (state.writer, state.threads, state.end, state.isWriting) = (nil, nil, nil, false)
        }
    }
}
