/// A metric of the application, or of another part of the server, that is read at each scrape.
public struct MetricSource: Sendable {
    enum Value: Sendable {
        case counter(@Sendable () -> [(labels: Labels, value: Int)])
        case gauge(@Sendable () -> [(labels: Labels, value: Double)])
        case histogram(@Sendable () -> [(labels: Labels, value: Histogram)])
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
        MetricSource(name: name, help: help, value: .counter { [([:] as Labels, read())] })
    }

    /// A number that goes up and down.
    ///
    /// - Parameters:
    ///   - name: Without the server's prefix.
    ///   - help: What it counts or measures, in a sentence.
    ///   - read: Called at each scrape, outside the event loops.
    public static func gauge(_ name: String, help: String, _ read: @escaping @Sendable () -> Double) -> MetricSource {
        MetricSource(name: name, help: help, value: .gauge { [([:] as Labels, read())] })
    }

    /// A number that only grows, for each of several labels.
    package static func counter(
        _ name: String, help: String, byLabels read: @escaping @Sendable () -> [(labels: Labels, value: Int)]
    ) -> MetricSource {
        MetricSource(name: name, help: help, value: .counter(read))
    }

    /// A number that goes up and down, for each of several labels.
    package static func gauge(
        _ name: String, help: String, byLabels read: @escaping @Sendable () -> [(labels: Labels, value: Double)]
    ) -> MetricSource {
        MetricSource(name: name, help: help, value: .gauge(read))
    }

    /// How numbers are distributed, for each of several labels.
    package static func histogram(
        _ name: String, help: String, byLabels read: @escaping @Sendable () -> [(labels: Labels, value: Histogram)]
    ) -> MetricSource {
        MetricSource(name: name, help: help, value: .histogram(read))
    }

    /// The events of a log that could not be written: `events_dropped_total`.
    public static func droppedEvents(of log: EventLog) -> MetricSource {
        .counter("events_dropped_total", help: "Run events that could not be written.") { log.droppedEvents }
    }

    func write(to exposition: inout Exposition) {
        switch value {
        case .counter(let read):
            exposition.family(name, .counter, help)
            for (labels, value) in read() { exposition.sample(labels, value) }
        case .gauge(let read):
            exposition.family(name, .gauge, help)
            for (labels, value) in read() { exposition.sample(labels, value) }
        case .histogram(let read):
            exposition.family(name, .histogram, help)
            for (labels, value) in read() { value.write(labels, to: &exposition) }
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
