internal import Logging
internal import Martlet
internal import MartletHTTP
internal import MartletUV

/// Writes the events of one run into its file. Its calls wait for the disk: they are made on a thread of their own.
actor EventWriter {
    nonisolated let runID: String
    nonisolated let path: String
    private let file: AppendOnlyFile
    private let logger: Logger
    private let start: ContinuousClock.Instant
    private let recordsSteps: Bool
    /// The time of the last line: times never decrease within a file.
    private var lastTime = 0.0
    /// Events that were dropped since writing began to fail; nil while it works.
    private var burst: Int?

    /// Opens the file and writes `run_start`.
    ///
    /// - Throws: `EventsError`.
    init(_ configuration: EventsConfiguration, _ running: RunningServer) throws(EventsError) {
        let now = EventLoop.unixMicroseconds
        let opened = try EventFile.open(
            configuration, architecture: running.models.first?.details.family ?? "run", now: now)
        (file, runID, path) = (opened.file, opened.runID, opened.file.path)
        logger = running.configuration.logger
        recordsSteps = configuration.steps != .none
        start = .now
        if let rotation = opened.rotation { logger.notice("\(rotation)") }
        let line = EventLine.runStart(of: running, configuration, runID: runID, microsecondsSince1970: now)
        do throws(AppendOnlyFile.WriteFailure) {
            try file.append(line)
        } catch {
            throw EventsError("\(error.error)")
        }
        logger.notice("the events of the run \(runID) are recorded in \(path)")
    }

    /// Writes the events of requests. Returns the number of events that could not be written.
    func write(_ records: [RequestRecord]) -> Int {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.count * 512)
        for record in records {
            if recordsSteps, let steps = record.generation?.steps { append(steps, of: record, to: &bytes) }
            EventLine.append(record, time: time(of: record.exchange.end), to: &bytes)
        }
        return write(bytes)
    }

    private func append(_ steps: [GenerationStep], of record: RequestRecord, to bytes: inout [UInt8]) {
        var last: [Int: (number: Int, time: ContinuousClock.Instant)] = [:]
        for step in steps {
            let previous = last[step.choice] ?? (0, record.generation?.arrival ?? step.time)
            last[step.choice] = (previous.number + 1, step.time)
            EventLine.append(
                step, number: previous.number + 1, previous: previous.time, of: record, time: time(of: step.time),
                to: &bytes)
        }
    }

    /// Logs that records were dropped before they could be written.
    func warn(ofOverflow count: Int) {
        logger.warning("the disk is too slow for the run's events: \(count) were dropped")
    }

    /// Writes `run_end`. Returns whether that has worked.
    func end(_ reason: EventLine.Reason, _ totals: RunTotals, exitCode: Int, error: String?) -> Bool {
        let line = EventLine.runEnd(
            time: time(of: .now), microsecondsSince1970: EventLoop.unixMicroseconds, reason: reason, totals: totals,
            exitCode: exitCode, error: error)
        return write(line) == 0
    }

    /// Seconds since the start of the run, at least those of the line before.
    private func time(of instant: ContinuousClock.Instant) -> Double {
        lastTime = max(lastTime, Double(EventLine.microseconds(instant - start)) / 1e6)
        return lastTime
    }

    private func write(_ lines: [UInt8]) -> Int {
        do throws(AppendOnlyFile.WriteFailure) {
            try file.append(lines)
            if let dropped = burst {
                logger.notice("the run's events are written again; \(dropped) were dropped")
                burst = nil
            }
            return 0
        } catch {
            let dropped = lines[error.writtenCount...].count { $0 == UInt8(ascii: "\n") }
            if burst == nil {
                logger.warning(
                    "the run's events are dropped until they can be written again; requests are served: \(error.error)")
            }
            burst = (burst ?? 0) + dropped
            return dropped
        }
    }
}
