/// Requests by the time at which they ended, in a fixed number of intervals: they double as the run gets longer.
struct TimeSeries {
    /// One interval.
    struct Interval {
        var requests = 0
        var errors = 0
        var completionTokens = 0
        /// In microseconds.
        var latency = LogHistogram()
        /// In microseconds.
        var timeToFirstToken = LogHistogram()

        mutating func add(_ request: EventRequest) {
            requests += 1
            if request.isError { errors += 1 }
            completionTokens &+= request.completionTokens
            if let latency = request.latency { self.latency.add(Double(latency)) }
            if let time = request.timeToFirstToken { timeToFirstToken.add(Double(time)) }
        }

        mutating func add(_ other: Interval) {
            requests += other.requests
            errors += other.errors
            completionTokens &+= other.completionTokens
            latency.add(other.latency)
            timeToFirstToken.add(other.timeToFirstToken)
        }
    }

    static let maximumCount = 120

    /// The length of an interval in seconds.
    private(set) var length = 1.0 / 64
    /// From the start of the run to its last request.
    private(set) var intervals: [Interval] = []

    mutating func add(_ request: EventRequest) {
        // A longer run than a thousand years is a malformed time.
        guard request.time >= 0, request.time < 1e11 else { return }
        while request.time / length >= Double(Self.maximumCount) { merge() }
        let index = Int(request.time / length)
        while intervals.count <= index { intervals.append(Interval()) }
        intervals[index].add(request)
    }

    private mutating func merge() {
        length *= 2
        var merged: [Interval] = []
        for (index, interval) in intervals.enumerated() {
            if index.isMultiple(of: 2) { merged.append(interval) } else { merged[index / 2].add(interval) }
        }
        intervals = merged
    }

    /// One number for each interval, in order; nil where there is none.
    func values(_ value: (Interval) -> Double?) -> [Double?] { intervals.map(value) }
}
