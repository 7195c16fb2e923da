extension FleetState {
    /// What is known of all servers, in the order of the configuration; those that are only ending requests are last.
    func reports(at now: Instant) -> [UpstreamReport] {
        let removed = entries.indices.filter { entries[$0].isRemoved }
        return (configured + removed).map { index in
            let entry = entries[index]
            let statistics = entry.statistics
            return UpstreamReport(
                upstream: entry.server.upstream, name: entry.server.name, state: entry.state(at: now),
                breaker: UpstreamReport.BreakerState(entry.health.breakerState(at: now)), fault: entry.fault,
                outstandingRequests: entry.outstandingRequests, outstandingTokens: entry.outstandingTokens,
                outcomes: Array(zip(UpstreamHealth.Outcome.names, statistics.outcomes)), failures: statistics.failures,
                retries: statistics.retries, firstTokenP50: statistics.firstToken(0.5, at: now),
                firstTokenP99: statistics.firstToken(0.99, at: now), prefixHitRate: statistics.hitRate,
                models: entry.models, firstTokens: statistics.firstTokens, blocks: statistics.blocks,
                matchedBlocks: statistics.matchedBlocks)
        }
    }
}

extension FleetState.Entry {
    fileprivate func state(at now: ContinuousClock.Instant) -> UpstreamReport.State {
        if isRemoved { return .removed }
        if isDrained { return .drained }
        if server.upstream.models == nil, listed == nil { return .down }
        if health.isEligible(at: now) { return .ready }
        return health.isAvailable && health.isPaused(at: now) ? .paused : .down
    }

    /// The names that clients use.
    fileprivate var models: [String] { server.upstream.models?.keys.sorted() ?? listed ?? [] }
}

extension UpstreamReport.BreakerState {
    fileprivate init(_ state: Breaker.State) {
        switch state {
        case .closed: self = .closed
        case .open: self = .open
        case .halfOpen: self = .halfOpen
        }
    }
}
