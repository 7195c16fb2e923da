import Logging
import MartletHTTP
import MartletUV

/// The server's log on standard error, written by a thread of its own: a reader that does not read, such as a log driver
/// that hangs, must not stop the server. Beyond a bound, lines are dropped and counted.
final class ServerLog: Sendable {
    private static let maximumPending = 4096

    private struct State {
        var lines: [String] = []
        var droppedCount = 0
        var isWriting = false
    }

    private let thread: ThreadPool
    private let state = Locked(State())

    /// - Throws: `UVError` if its thread cannot be created.
    init() throws(UVError) { thread = try ThreadPool(count: 1) }

    var logger: Logger { Logger(label: "martlet") { _ in Handler(log: self) } }

    /// Returns at once.
    private func add(_ line: String) {
        let isFirst = state.withLock { state in
            if state.lines.count < Self.maximumPending { state.lines.append(line) } else { state.droppedCount += 1 }
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if isFirst { Task.detached(executorPreference: thread) { [self] in write() } }
    }

    private func write() {
        while true {
            let (lines, droppedCount) = state.withLock { state in
                defer { (state.lines, state.droppedCount) = ([], 0) }
                state.isWriting = !state.lines.isEmpty
                return (state.lines, state.droppedCount)
            }
            if lines.isEmpty { return }
            StandardOutput.writeError(lines.joined())
            if droppedCount > 0 {
                let text = "\(droppedCount) lines were dropped: standard error is read too slowly"
                StandardOutput.writeError(Self.line(.warning, metadata: [:], source: "MartletCLI", text))
            }
        }
    }

    /// Returns when everything has been written, or after two seconds.
    func flush() async {
        let end = ContinuousClock.now + .seconds(2)
        while state.withLock({ $0.isWriting }), .now < end { try? await Task.sleep(for: .milliseconds(2)) }
    }

    private static func line(_ level: Logger.Level, metadata: Logger.Metadata, source: String, _ message: String)
        -> String
    {
        let time = RFC3339Date(microsecondsSince1970: EventLoop.unixMicroseconds)
        let values = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "\(time) \(level) martlet:\(values) [\(source)] \(message)\n"
    }

    private struct Handler: LogHandler {
        let log: ServerLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
            log.add(ServerLog.line(event.level, metadata: metadata, source: event.source, "\(event.message)"))
        }
    }
}
