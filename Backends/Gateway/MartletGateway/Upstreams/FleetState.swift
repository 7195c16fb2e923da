internal import Martlet
internal import MartletUV

/// The servers of a gateway with what is known of them. A pure value: no clock, lock or task.
struct FleetState {
    typealias Instant = ContinuousClock.Instant

    /// A server and what is known of it.
    struct Entry {
        var server: FleetServer
        /// The one that its name had when it was resolved; nil before, and for names whose addresses are not told apart.
        var address: IPAddress?
        /// The upstream's place in the configuration.
        var place: Int
        var health = UpstreamHealth()
        var outstandingTokens = 0
        var outstandingRequests = 0
        /// The models that it has listed; nil before it has.
        var listed: [String]?
        /// Why its health or its models are not known; nil if they are.
        var fault: String?
        /// It is configured no longer, and ends what it has begun.
        var isRemoved = false
        /// An operator has drained it or its upstream.
        var isDrained = false
        var statistics = UpstreamStatistics()

        /// Its share of the load; 0 if it must get no request.
        func weight(at now: Instant) -> Double {
            isRemoved || isDrained ? 0 : server.upstream.weight * health.weight(at: now)
        }
    }

    /// A server that has a model.
    private struct Member {
        /// Of its entry.
        let index: Int
        /// The upstream's name of the model.
        let model: String
    }

    var configuration: GatewayConfiguration
    /// In the order of the configuration.
    var upstreams: [(upstream: Upstream, key: String?)] = []
    /// The addresses of the upstreams' hosts that have been resolved.
    var addresses: [String: [IPAddress]] = [:]
    /// By id.
    var entries: [Entry] = []
    var nextID = 0
    /// The names of upstreams that an operator has drained.
    var drained: Set<String> = []
    var router: Router
    private var budget = RetryBudget()
    /// By the names that clients use.
    private var groups: [String: [Member]] = [:]
    /// Those names, in the order in which they are listed.
    private(set) var models: [String] = []
    /// Those of the current choice: kept so that no request allocates them.
    private var candidates: [Candidate] = []
    /// For choices and backoffs.
    var random = SplitMix64(seed: .random(in: 0 ... .max))

    init(_ configuration: GatewayConfiguration) {
        self.configuration = configuration
        router = Router(policy: configuration.routing)
    }

    // MARK: Servers

    /// Removes the entries of removed servers that have ended everything.
    mutating func removeEnded() {
        entries.removeAll { $0.isRemoved && $0.outstandingRequests == 0 }
        regroup()
    }

    /// Those that are configured, in that order.
    var servers: [FleetServer] { configured.map { entries[$0].server } }

    /// The indices of their entries.
    var configured: [Int] {
        entries.indices.filter { !entries[$0].isRemoved }.sorted { entries[$0].place < entries[$1].place }
    }

    private func index(of id: Int) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].server.id < id { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].server.id == id ? low : nil
    }

    // MARK: Models

    func hasModel(_ name: String) -> Bool { groups[name] != nil }

    /// Whether every upstream of the model has the endpoint.
    func serves(_ endpoint: RelayEndpoint, model: String) -> Bool {
        groups[model]?.allSatisfy { entries[$0.index].server.upstream.serves(endpoint) } ?? false
    }

    /// Whether every upstream has said which models it has.
    var isComplete: Bool {
        entries.allSatisfy { $0.isRemoved || $0.server.upstream.models != nil || $0.listed != nil }
    }

    /// A server has listed its models.
    mutating func didList(_ models: [String], id: Int) {
        guard let index = index(of: id) else { return }
        var seen: Set<String> = []
        entries[index].listed = models.filter { seen.insert($0).inserted }
        regroup()
    }

    private mutating func regroup() {
        (groups, models) = ([:], [])
        for index in configured {
            let entry = entries[index]
            let listed = (entry.listed ?? []).map { ($0, $0) }
            let own = entry.server.upstream.models.map { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
            for (name, model) in own ?? listed {
                if groups[name] == nil { models.append(name) }
                groups[name, default: []].append(Member(index: index, model: model))
            }
        }
    }

    // MARK: Requests

    /// Counts a request, whose retries are counted apart. Returns false, without an effect, if no upstream of the model has
    /// the endpoint.
    mutating func requestDidArrive(_ endpoint: RelayEndpoint, model: String, at now: Instant) -> Bool {
        guard let members = groups[model] else { return false }
        for member in members where entries[member.index].server.upstream.serves(endpoint) {
            budget.addRequest(at: now)
            return true
        }
        return false
    }

    /// Whether a request may be sent again.
    mutating func takeRetry(at now: Instant) -> Bool { budget.takeRetry(at: now) }

    /// Whether a request without an answer is to be sent to another server. The retry is counted then.
    mutating func takeMove(
        from lease: Fleet.Lease, _ endpoint: RelayEndpoint, model: String, after tried: [Int], at now: Instant
    ) -> Bool {
        guard let index = index(of: lease.server.id), !entries[index].health.isAvailable else { return false }
        let hasOther = (groups[model] ?? []).contains { member in
            let entry = entries[member.index]
            return !tried.contains(entry.server.id) && entry.server.upstream.serves(endpoint)
                && entry.weight(at: now) > 0
        }
        return hasOther && budget.takeRetry(at: now)
    }

    /// Chooses a server for a request, of the lowest priority that has one, and counts it there; nil if none can take it.
    ///
    /// - Parameters:
    ///   - endpoint: Nil if every server may have it.
    ///   - model: Nil for a request that names none.
    ///   - tried: The ids of servers that have failed the request, which get it again only if there are no others.
    mutating func begin(
        _ endpoint: RelayEndpoint?, model: String?, for key: RoutingKey, tokens: Int, after tried: [Int],
        at now: Instant
    ) -> Fleet.Lease? {
        let members = model.map { groups[$0] ?? [] } ?? configured.map { Member(index: $0, model: "") }
        collectCandidates(members, endpoint, after: tried, at: now)
        guard let chosen = router.choose(among: candidates, for: key, using: &random) else { return nil }
        for member in members where entries[member.index].server.id == chosen.id {
            guard let attempt = entries[member.index].health.begin(at: now) else { return nil }
            entries[member.index].outstandingTokens += tokens
            entries[member.index].outstandingRequests += 1
            entries[member.index].statistics.didBegin(
                isRetry: !tried.isEmpty, blocks: key.blocks.count, matched: chosen.matchedBlocks)
            return Fleet.Lease(
                server: entries[member.index].server, model: member.model, begin: now, tokens: tokens,
                attempt: attempt)
        }
        return nil
    }

    /// Makes those of the members candidates that can take the request, have not been tried, and are of the lowest priority;
    /// if all have been tried, those that have.
    private mutating func collectCandidates(
        _ members: [Member], _ endpoint: RelayEndpoint?, after tried: [Int], at now: Instant
    ) {
        candidates.removeAll(keepingCapacity: true)
        var (isFresh, priority) = (false, Int.max)
        for member in members {
            let server = entries[member.index].server
            let weight = entries[member.index].weight(at: now)
            guard weight > 0, endpoint.map(server.upstream.serves) ?? true else { continue }
            let isNew = !tried.contains(server.id)
            if isNew == isFresh ? server.upstream.priority > priority : isFresh { continue }
            if isNew != isFresh || server.upstream.priority < priority {
                candidates.removeAll(keepingCapacity: true)
                (isFresh, priority) = (isNew, server.upstream.priority)
            }
            candidates.append(
                Candidate(
                    id: server.id, nameHash: server.nameHash,
                    outstandingTokens: entries[member.index].outstandingTokens, weight: weight))
        }
    }

    /// The server has begun to answer: if it was asked to find out whether it is well, it is.
    mutating func didBegin(_ lease: Fleet.Lease, at now: Instant) {
        guard let index = index(of: lease.server.id), entries[index].health.breakerState(at: now) == .halfOpen else {
            return
        }
        entries[index].health.end(lease.attempt, .answered, at: now, jitter: 0)
    }

    /// The first content of a stream has arrived.
    mutating func didGenerate(_ lease: Fleet.Lease, at now: Instant) {
        guard let index = index(of: lease.server.id) else { return }
        entries[index].statistics.didGenerate(after: now - lease.begin, at: now)
    }

    /// Returns whether the server gets no more requests because of this outcome.
    @discardableResult
    mutating func end(_ lease: Fleet.Lease, _ outcome: UpstreamHealth.Outcome, at now: Instant) -> Bool {
        guard let index = index(of: lease.server.id) else { return false }
        let before = entries[index].health.breakerState(at: now)
        entries[index].outstandingTokens -= lease.tokens
        entries[index].outstandingRequests -= 1
        entries[index].health.end(lease.attempt, outcome, at: now, jitter: .random(in: 0...1, using: &random))
        entries[index].statistics.didEnd(outcome)
        let isOpened = before == .closed && entries[index].health.breakerState(at: now) == .open
        if entries[index].isRemoved, entries[index].outstandingRequests == 0 { removeEnded() }
        return isOpened
    }

    /// When a server of the model can take requests again, if time alone makes it so.
    func timeUntilEligible(model: String, at now: Instant) -> Duration? {
        let members = (groups[model] ?? []).filter { !entries[$0.index].isDrained }
        return members.compactMap { entries[$0.index].health.eligible(after: now) }.min().map { $0 - now }
    }

    /// Whether all servers of the model that could take requests have asked to be left alone for a while.
    func isLimited(model: String, at now: Instant) -> Bool {
        let members = (groups[model] ?? []).filter { !entries[$0.index].isDrained }
        return !members.isEmpty && members.allSatisfy { entries[$0.index].health.isPaused(at: now) }
    }

    // MARK: Health

    /// The result of a health check. One that is available again may have restarted: its cache is taken to be empty.
    mutating func didCheck(id: Int, passed: Bool, at now: Instant) {
        guard let index = index(of: id) else { return }
        let wasAvailable = entries[index].health.isAvailable
        entries[index].health.checked(passed: passed, at: now)
        if !wasAvailable, entries[index].health.isAvailable { router.forget(id) }
    }

    /// A health check, or the list of models, has failed for a reason; nil for none. Returns whether the reason is another.
    mutating func set(fault: String?, id: Int) -> Bool {
        guard let index = index(of: id), entries[index].fault != fault else { return false }
        entries[index].fault = fault
        return true
    }

    /// Whether a server can take requests.
    func isReady(at now: Instant) -> Bool { !models.isEmpty && entries.contains { $0.weight(at: now) > 0 } }
}
