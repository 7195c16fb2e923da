internal import MartletOperations

/// What a gateway has counted of a server since it knows it. A pure value: no clock.
struct UpstreamStatistics {
    typealias Instant = ContinuousClock.Instant

    /// The requests that have ended, by `UpstreamHealth.Outcome.name`.
    private(set) var outcomes = Array(repeating: 0, count: UpstreamHealth.Outcome.names.count)
    /// Those that were sent to it after another attempt had failed.
    private(set) var retries = 0
    /// The blocks of its prompts, and those of them that were sent to it before.
    private(set) var blocks = 0
    private(set) var matchedBlocks = 0
    /// From the choice of the server to the first content of a stream, since the beginning.
    private(set) var firstTokens = Histogram(.firstToken)
    private var recentFirstTokens = RecentTimes()

    var requests: Int { outcomes.reduce(0, +) }

    /// Those that ended by its fault.
    var failures: Int {
        zip(UpstreamHealth.Outcome.names, outcomes).reduce(0) {
            $0 + (UpstreamHealth.Outcome.failureNames.contains($1.0) ? $1.1 : 0)
        }
    }

    /// Which part of its prompts has probably been in its cache; nil without prompts.
    var hitRate: Double? { blocks == 0 ? nil : Double(matchedBlocks) / Double(blocks) }

    mutating func didBegin(isRetry: Bool, blocks: Int, matched: Int) {
        if isRetry { retries += 1 }
        self.blocks += blocks
        matchedBlocks += matched
    }

    mutating func didGenerate(after time: Duration, at now: Instant) {
        firstTokens.record(time)
        recentFirstTokens.add(time, at: now)
    }

    mutating func didEnd(_ outcome: UpstreamHealth.Outcome) { outcomes[outcome.place] += 1 }

    /// The time to the first token that a share of the last requests did not exceed; nil without requests.
    func firstToken(_ share: Double, at now: Instant) -> Duration? { recentFirstTokens.quantile(share, at: now) }
}

/// Times of the last one to two minutes.
struct RecentTimes {
    private static let period = Duration.seconds(60)

    private var start: ContinuousClock.Instant?
    /// In seconds, of the period that began at `start`, and of the one before.
    private var current = LogHistogram()
    private var previous = LogHistogram()

    mutating func add(_ time: Duration, at now: ContinuousClock.Instant) {
        let age = start.map { now - $0 } ?? .zero
        if age >= Self.period {
            previous = age < Self.period * 2 ? current : LogHistogram()
            current = LogHistogram()
            start = now
        }
        start = start ?? now
        current.add(time / .seconds(1))
    }

    func quantile(_ share: Double, at now: ContinuousClock.Instant) -> Duration? {
        guard let start, now - start < Self.period * 2 else { return nil }
        var times = current
        if now - start < Self.period { times.add(previous) }
        return times.quantile(share).map { .seconds($0) }
    }
}

extension UpstreamHealth.Outcome {
    static let names = [
        "answered", "connect_failed", "timed_out", "interrupted", "server_error", "busy", "cancelled",
    ]
    static let failureNames: Set = ["connect_failed", "timed_out", "interrupted", "server_error"]

    /// In `names`.
    var place: Int {
        switch self {
        case .answered: 0
        case .connectFailed: 1
        case .timedOut: 2
        case .interrupted: 3
        case .serverError: 4
        case .busy: 5
        case .cancelled: 6
        }
    }
}
