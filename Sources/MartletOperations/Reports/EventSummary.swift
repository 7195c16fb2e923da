internal import Martlet
internal import MartletJSON
internal import MartletUV

/// What a file of run events says: counts, percentiles, and how they changed during the run.
package struct EventSummary {
    /// Counts by name. Beyond `maximumNames` names, further ones are one.
    struct Tally {
        static let maximumNames = 200
        private(set) var counts: [String: Int] = [:]

        mutating func add(_ name: String?, _ count: Int = 1) {
            guard let name else { return }
            let isKnown = counts[name] != nil || counts.count < Self.maximumNames
            counts[isKnown ? name : "(others)", default: 0] &+= count
        }

        /// The most frequent first.
        var sorted: [(name: String, count: Int)] {
            counts.map { ($0.key, $0.value) }.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
        }
    }

    /// The first line.
    var start: JSONObject
    /// The last line; nil for a run that goes on or was killed.
    var end: JSONObject?
    /// The time of the last event in seconds.
    var duration = 0.0
    var totals = RunTotals()
    var promptTokens = 0
    var cachedTokens = 0
    var steps = 0
    var endpoints = Tally()
    var statuses = Tally()
    var finishReasons = Tally()
    var principals = Tally()
    var models = Tally()
    /// Billionths of a unit by principal, by currency.
    var spend: [String: Tally] = [:]
    var errors = Tally()
    /// In microseconds.
    var latency = LogHistogram()
    var timeToFirstToken = LogHistogram()
    var queueWait = LogHistogram()
    /// Of each request, after its first token.
    var tokensPerSecond = LogHistogram()
    var series = TimeSeries()
    /// Lines that are not events, and the number of the first of them.
    var malformed = (count: 0, first: 0)
    /// Whether the last line is incomplete, as while it is being written, or after the process was killed.
    var isTorn = false

    /// Reads a file, in memory that does not depend on its length. Lines that are not events are counted and skipped.
    ///
    /// - Throws: `EventsError` for a file that cannot be read, and one that does not begin with the start of a run.
    package init(reading path: String) throws(EventsError) {
        do {
            let file = try LineFile(path)
            guard let first = try file.next() else {
                throw EventsError("\(path) is empty: the server has not written anything yet")
            }
            start = try Self.start(first, of: path)
            var number = 1
            while let line = try file.next() {
                number += 1
                add(line, number)
            }
        } catch let error as EventsError {
            throw error
        } catch {
            throw EventsError("\(error)")
        }
    }

    private static func start(_ line: LineFile.Line, of path: String) throws(EventsError) -> JSONObject {
        var event: JSONObject?
        switch line {
        case .whole(let bytes), .torn(let bytes): event = (try? JSONValue(parsing: bytes))?.object
        case .overlong: break
        }
        guard let event, event["kind"] == "run_start" else {
            throw EventsError("\(path) is not a file of run events: its first line is not the start of a run")
        }
        guard event["schema"] == "toy/v1" else {
            let schema = event["schema"]?.description ?? "no schema"
            throw EventsError("\(path) has the schema \(schema.prefix(80)), but only toy/v1 can be read")
        }
        return event
    }

    private mutating func add(_ line: LineFile.Line, _ number: Int) {
        switch line {
        case .whole(let bytes):
            if let event = (try? JSONValue(parsing: bytes))?.object, event["kind"]?.string != nil { return add(event) }
            // Empty lines are accepted.
            if bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { return }
        case .torn(let bytes):
            guard let event = (try? JSONValue(parsing: bytes))?.object else {
                isTorn = true
                return
            }
            return add(event)
        case .overlong: break
        }
        if malformed.count == 0 { malformed.first = number }
        malformed.count += 1
    }

    private mutating func add(_ event: JSONObject) {
        if let time = event["t"]?.number?.double, time.isFinite { duration = max(duration, time) }
        switch event["kind"]?.string {
        case "run_end": end = event
        case "step": steps += 1
        default: if let request = EventRequest(event) { add(request) }
        }
    }

    private mutating func add(_ request: EventRequest) {
        totals.add(request)
        promptTokens &+= request.promptTokens
        cachedTokens &+= request.cachedTokens
        endpoints.add(request.endpoint ?? "(none)")
        statuses.add(request.status.map(String.init))
        finishReasons.add(request.finishReason)
        principals.add(request.principal)
        models.add(request.model)
        if let cost = request.cost, spend[cost.currency] != nil || spend.count < Tally.maximumNames {
            spend[cost.currency, default: Tally()].add(request.principal ?? "(none)", cost.nanoUnits)
        }
        errors.add(request.error)
        if let time = request.latency { latency.add(Double(time)) }
        if let time = request.timeToFirstToken { timeToFirstToken.add(Double(time)) }
        if let time = request.queueWait { queueWait.add(Double(time)) }
        if let rate = request.tokensPerSecond { tokensPerSecond.add(rate) }
        series.add(request)
    }
}

extension EventSummary {
    /// A text of the first line, by the names of the members that lead to it.
    func startText(_ names: String...) -> String? {
        names.reduce(JSONValue.object(start) as JSONValue?) { $0?.object?[$1] }?.string
    }

    /// A sentence about how the run ended.
    var ending: String {
        guard let end else { return "no end: the run goes on, or its process was killed" }
        let reason = end["reason"]?.string ?? "no reason"
        let error = (end["error"]?.string).map { ": \($0)" } ?? ""
        return reason + error
    }

    /// Sentences about what could not be read.
    var faults: [String] {
        var faults: [String] = []
        if malformed.count == 1 {
            faults.append("line \(malformed.first) is not an event and was skipped")
        } else if malformed.count > 1 {
            faults.append(
                "\(malformed.count) lines are not events and were skipped, the first is line \(malformed.first)")
        }
        if isTorn { faults.append("the last line is incomplete") }
        if let dropped = end?["stats"]?.object?["dropped"]?.number?.int, dropped > 0 {
            faults.append("\(dropped) events could not be written")
        }
        return faults
    }

    /// Names with a number for each, the highest first.
    struct Table {
        /// What the names are, and what the numbers.
        let title, heading: String
        let rows: [(name: String, value: String)]
    }

    var tables: [Table] {
        let counts = [
            ("endpoint", endpoints), ("status", statuses), ("finish reason", finishReasons), ("principal", principals),
            ("model", models), ("error", errors),
        ].filter { !$0.1.counts.isEmpty }
        return counts.map { title, tally in
            Table(title: title, heading: "requests", rows: tally.sorted.map { ($0, shortNumber(Double($1))) })
        }
            + spend.sorted { $0.key < $1.key }.map { currency, tally in
                Table(title: "spend", heading: currency, rows: tally.sorted.map { ($0, Cost.amount($1)) })
            }
    }

    /// A quantity with its percentiles.
    struct Measure {
        let title: String
        let unit: String
        let histogram: LogHistogram
        /// From the stored value to the unit.
        let scale: Double
    }

    var measures: [Measure] {
        [
            Measure(title: "latency", unit: "ms", histogram: latency, scale: 1e-3),
            Measure(title: "first token", unit: "ms", histogram: timeToFirstToken, scale: 1e-3),
            Measure(title: "queue", unit: "ms", histogram: queueWait, scale: 1e-3),
            Measure(title: "tokens/s", unit: "", histogram: tokensPerSecond, scale: 1),
        ].filter { $0.histogram.count > 0 }
    }

    static let quantiles: [(name: String, share: Double)] = [
        ("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("max", 1),
    ]

    /// What changed during the run, a value for each interval of `series`.
    struct Plot {
        let title: String
        let lines: [(name: String, values: [Double?])]

        var hasValues: Bool { lines.contains { $0.values.contains { $0 != nil } } }
    }

    var plots: [Plot] {
        func times(_ histogram: (TimeSeries.Interval) -> LogHistogram) -> [(name: String, values: [Double?])] {
            [("p50", 0.5), ("p95", 0.95)].map { name, share in
                (name, series.values { histogram($0).quantile(share).map { $0 / 1000 } })
            }
        }
        let rates = series.values { Double($0.completionTokens) / series.length }
        return [
            Plot(title: "latency, ms", lines: times(\.latency)),
            Plot(title: "first token, ms", lines: times(\.timeToFirstToken)),
            Plot(title: "tokens/s of all requests", lines: totals.outputTokens > 0 ? [("sum", rates)] : []),
        ].filter(\.hasValues)
    }
}

/// A number in a few characters: three digits that count, and separators for thousands.
func shortNumber(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "-" }
    if value >= 100 || value == value.rounded() {
        let digits = String(Int(value.rounded()))
        return String(
            digits.enumerated().reversed().reduce(into: [Character]()) { text, digit in
                let place = digits.count - 1 - digit.offset
                if place > 0 && place.isMultiple(of: 3) { text.append(",") }
                text.append(digit.element)
            }.reversed())
    }
    let scale = value >= 10 ? 10.0 : 100.0
    return ((value * scale).rounded() / scale).description
}
