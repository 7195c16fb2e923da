/// A metric of the application, or of another part of the server, that is read at each scrape.
public struct MetricSource: Sendable {
    enum Value: Sendable {
        case counter(@Sendable () -> Int)
        case gauge(@Sendable () -> Double)
    }

    let name: String
    let help: String
    let value: Value

    /// A number that only grows.
    ///
    /// - Parameters:
    ///   - name: Without the server's prefix; it ends in `_total`.
    ///   - help: What it counts or measures, in a sentence.
    ///   - read: Called at each scrape, outside the event loops.
    public static func counter(
        _ name: String, help: String, _ read: @escaping @Sendable () -> Int
    ) -> MetricSource {
        MetricSource(name: name, help: help, value: .counter(read))
    }

    /// A number that goes up and down.
    ///
    /// - Parameters:
    ///   - name: Without the server's prefix.
    ///   - help: What it counts or measures, in a sentence.
    ///   - read: Called at each scrape, outside the event loops.
    public static func gauge(_ name: String, help: String, _ read: @escaping @Sendable () -> Double) -> MetricSource {
        MetricSource(name: name, help: help, value: .gauge(read))
    }

    /// The events of a log that could not be written: `events_dropped_total`.
    public static func droppedEvents(of log: EventLog) -> MetricSource {
        .counter("events_dropped_total", help: "Run events that could not be written.") { log.droppedEvents }
    }

    func write(to exposition: inout Exposition) {
        switch value {
        case .counter(let read):
            exposition.family(name, .counter, help)
            exposition.sample([:], read())
        case .gauge(let read):
            exposition.family(name, .gauge, help)
            exposition.sample([:], read())
        }
    }
}

/// The names of metrics (Prometheus: letters, digits, `_` and `:`, no digit first).
enum MetricName {
    static func isValid(_ name: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: ":")
        }
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
