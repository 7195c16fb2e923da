internal import Martlet
internal import MartletUV

/// All upstreams of a gateway with what is known of them: one lock, taken when a request is sent to one of them and when it
/// has ended.
final class Fleet: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A request that counts as outstanding at an upstream.
    struct Lease: Sendable {
        let server: Int
        /// The upstream's name of the model.
        let model: String
        fileprivate let tokens: Int
        fileprivate let attempt: Breaker.Attempt
    }

    /// An upstream that serves a model.
    private struct Member {
        let server: Int
        let model: String
    }

    private struct State {
        var router: Router
        var budget = RetryBudget()
        var health: [UpstreamHealth]
        var outstandingTokens: [Int]
        var outstandingRequests: [Int]
        /// By upstream, the models that it has listed; nil before it has.
        var listed: [[String]?]
        /// By the names that clients use.
        var groups: [String: [Member]] = [:]
        /// Those names, in the order in which they are listed.
        var names: [String] = []
    }

    /// What tables show of an upstream.
    struct Summary: Sendable {
        let upstream: Upstream
        let isEligible: Bool
        let breaker: Breaker.State
        let outstandingTokens: Int
        let outstandingRequests: Int
        let models: [String]
    }

    let upstreams: [Upstream]
    private let state: Locked<State>

    init(_ upstreams: [Upstream], routing: RoutingPolicy) {
        self.upstreams = upstreams
        let count = upstreams.count
        state = Locked(
            State(
                router: Router(policy: routing), health: Array(repeating: UpstreamHealth(), count: count),
                outstandingTokens: Array(repeating: 0, count: count),
                outstandingRequests: Array(repeating: 0, count: count), listed: Array(repeating: nil, count: count)))
        state.withLock { regroup(&$0) }
    }

    // MARK: Models

    /// The names of all models.
    var models: [String] { state.withLock { $0.names } }

    func hasModel(_ name: String) -> Bool { state.withLock { $0.groups[name] != nil } }

    /// Whether every upstream has said which models it has.
    var isComplete: Bool {
        state.withLock { state in zip(upstreams, state.listed).allSatisfy { $0.models != nil || $1 != nil } }
    }

    /// Whether an upstream of the model has the endpoint.
    func serves(_ endpoint: RelayEndpoint, model: String) -> Bool {
        state.withLock { $0.groups[model] ?? [] }.contains { upstreams[$0.server].kind.serves(endpoint) }
    }

    /// The upstream has listed its models. Returns whether the names of all models have changed.
    func didList(_ models: [String], server: Int) -> Bool {
        state.withLock { state in
            let before = state.names
            var seen: Set<String> = []
            state.listed[server] = models.filter { seen.insert($0).inserted }
            regroup(&state)
            return state.names != before
        }
    }

    private func regroup(_ state: inout State) {
        (state.groups, state.names) = ([:], [])
        for (server, upstream) in upstreams.enumerated() {
            let listed = (state.listed[server] ?? []).map { ($0, $0) }
            let models = upstream.models.map { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } } ?? listed
            for (name, model) in models {
                if state.groups[name] == nil { state.names.append(name) }
                state.groups[name, default: []].append(Member(server: server, model: model))
            }
        }
    }

    // MARK: Requests

    /// Counts a request, whose retries are counted apart.
    func requestDidArrive() { state.withLock { $0.budget.addRequest(at: .now) } }

    /// Whether a request may be sent again.
    func takeRetry() -> Bool { state.withLock { $0.budget.takeRetry(at: .now) } }

    /// Chooses an upstream for a request, of the lowest priority that has one, and counts it there; nil if none can take it.
    ///
    /// - Parameter tried: Upstreams that have failed the request, which get it again only if there are no others.
    func begin(
        _ endpoint: RelayEndpoint, model: String, for key: RoutingKey, tokens: Int, after tried: Set<Int>
    ) -> Lease? {
        let now = Instant.now
        return state.withLock { state in
            let members = (state.groups[model] ?? []).filter { upstreams[$0.server].kind.serves(endpoint) }
            let eligible = members.filter { state.health[$0.server].isEligible(at: now) }
            let fresh = eligible.filter { !tried.contains($0.server) }
            guard let member = choose(fresh.isEmpty ? eligible : fresh, for: key, &state, now),
                let attempt = state.health[member.server].begin(at: now)
            else { return nil }
            state.outstandingTokens[member.server] += tokens
            state.outstandingRequests[member.server] += 1
            return Lease(server: member.server, model: member.model, tokens: tokens, attempt: attempt)
        }
    }

    private func choose(_ members: [Member], for key: RoutingKey, _ state: inout State, _ now: Instant) -> Member? {
        guard let priority = members.map({ upstreams[$0.server].priority }).min() else { return nil }
        let candidates = members.filter { upstreams[$0.server].priority == priority }.map { member in
            Candidate(
                index: member.server, outstandingTokens: state.outstandingTokens[member.server],
                weight: upstreams[member.server].weight * state.health[member.server].weight(at: now))
        }
        var random = SystemRandomNumberGenerator()
        let chosen = state.router.choose(among: candidates, for: key, using: &random)
        return members.first { $0.server == chosen }
    }

    /// The upstream has begun to answer: if it was asked to find out whether it is well, it is.
    func didBegin(_ lease: Lease) {
        state.withLock { state in
            guard state.health[lease.server].breakerState(at: .now) == .halfOpen else { return }
            state.health[lease.server].end(lease.attempt, .answered, at: .now, jitter: 0)
        }
    }

    func end(_ lease: Lease, _ outcome: UpstreamHealth.Outcome) {
        state.withLock { state in
            state.outstandingTokens[lease.server] -= lease.tokens
            state.outstandingRequests[lease.server] -= 1
            state.health[lease.server].end(lease.attempt, outcome, at: .now, jitter: .random(in: 0...1))
        }
    }

    /// When an upstream of the model can take requests again, if time alone makes it so.
    func timeUntilEligible(model: String) -> Duration? {
        let now = Instant.now
        return state.withLock { state in
            (state.groups[model] ?? []).compactMap { state.health[$0.server].eligible(after: now) }.min().map {
                $0 - now
            }
        }
    }

    // MARK: Health

    func didCheck(server: Int, passed: Bool) {
        state.withLock { $0.health[server].checked(passed: passed, at: .now) }
    }

    /// Whether an upstream can take requests.
    var isReady: Bool {
        let now = Instant.now
        return state.withLock { state in
            !state.names.isEmpty && state.health.contains { $0.isEligible(at: now) }
        }
    }

    var summaries: [Summary] {
        let now = Instant.now
        return state.withLock { state in
            upstreams.enumerated().map { server, upstream in
                Summary(
                    upstream: upstream, isEligible: state.health[server].isEligible(at: now),
                    breaker: state.health[server].breakerState(at: now),
                    outstandingTokens: state.outstandingTokens[server],
                    outstandingRequests: state.outstandingRequests[server],
                    models: state.names.filter { name in
                        state.groups[name]?.contains { $0.server == server } ?? false
                    })
            }
        }
    }
}
