package import Logging
import Synchronization

/// The lines that a server logs.
package final class RecordedLog: Sendable {
    private struct Recorder: LogHandler {
        let record: @Sendable (String) -> Void
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.trace

        init(_ record: @escaping @Sendable (String) -> Void) { self.record = record }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { record("\(event.message) \(event.metadata ?? [:])") }
    }

    private let stored = Mutex<[String]>([])

    package init() {}

    package var lines: [String] { stored.withLock { $0 } }

    package var logger: Logger {
        Logger(label: "test") { _ in Recorder { line in self.stored.withLock { $0.append(line) } } }
    }
}
