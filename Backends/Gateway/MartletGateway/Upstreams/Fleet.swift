internal import Martlet
internal import MartletUV

/// The servers of a gateway with what is known of them: one lock, taken when a request arrives, when it is sent to one of
/// them and when it has ended.
final class Fleet: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A request that counts as outstanding at a server.
    struct Lease: Sendable {
        let server: FleetServer
        /// The upstream's name of the model.
        let model: String
        let begin: Instant
        let tokens: Int
        let attempt: Breaker.Attempt
    }

    let id = GatewayID()
    private let state: Locked<FleetState>

    init(_ configuration: GatewayConfiguration) { state = Locked(FleetState(configuration)) }

    // MARK: Upstreams

    var configuration: GatewayConfiguration { state.withLock { $0.configuration } }

    /// In the order of the configuration.
    var upstreams: [Upstream] { state.withLock { $0.upstreams.map(\.upstream) } }

    /// Those that are configured, in that order.
    var servers: [FleetServer] { state.withLock { $0.servers } }

    /// Replaces all upstreams and the configuration. Returns whether the names of all models have changed.
    func update(_ upstreams: [(upstream: Upstream, key: String?)], _ configuration: GatewayConfiguration) -> Bool {
        changingModels { $0.update(upstreams, configuration) }
    }

    /// The name of upstreams has been resolved. Returns whether the names of all models have changed.
    func didResolve(_ host: String, to addresses: [IPAddress]) -> Bool {
        changingModels { $0.didResolve(host, to: addresses) }
    }

    /// Gives an upstream no new requests, or gives it requests again. Returns how many requests are active there; nil if
    /// there is no such upstream.
    func setDrained(_ isDrained: Bool, upstream name: String) -> Int? {
        state.withLock { $0.setDrained(isDrained, upstream: name) }
    }

    // MARK: Models

    /// The names of all models.
    var models: [String] { state.withLock { $0.models } }

    func hasModel(_ name: String) -> Bool { state.withLock { $0.hasModel(name) } }

    /// Whether every upstream of the model has the endpoint.
    func serves(_ endpoint: RelayEndpoint, model: String) -> Bool {
        state.withLock { $0.serves(endpoint, model: model) }
    }

    /// Whether every upstream has said which models it has.
    var isComplete: Bool { state.withLock { $0.isComplete } }

    /// A server has listed its models. Returns whether the names of all models have changed.
    func didList(_ models: [String], id: Int) -> Bool { changingModels { $0.didList(models, id: id) } }

    private func changingModels(_ change: (inout FleetState) -> Void) -> Bool {
        state.withLock { state in
            let before = state.models
            change(&state)
            return state.models != before
        }
    }

    // MARK: Requests

    /// Counts a request, whose retries are counted apart. Returns false, without an effect, if no upstream of the model has
    /// the endpoint.
    func requestDidArrive(_ endpoint: RelayEndpoint, model: String) -> Bool {
        let now = Instant.now
        return state.withLock { $0.requestDidArrive(endpoint, model: model, at: now) }
    }

    /// Whether a request may be sent again.
    func takeRetry() -> Bool {
        let now = Instant.now
        return state.withLock { $0.takeRetry(at: now) }
    }

    /// Whether a request without an answer is to be sent to another server: health checks find its own down, another one that
    /// it has not tried can take it, and it may be sent again, which is counted.
    func takeMove(from lease: Lease, _ endpoint: RelayEndpoint, model: String, after tried: [Int]) -> Bool {
        let now = Instant.now
        return state.withLock { $0.takeMove(from: lease, endpoint, model: model, after: tried, at: now) }
    }

    /// Chooses a server for a request, of the lowest priority that has one, and counts it there; nil if none can take it.
    /// Every lease is to be ended.
    ///
    /// - Parameters:
    ///   - endpoint: Nil if every server may have it.
    ///   - model: Nil for a request that names none.
    ///   - tried: The ids of servers that have failed the request, which get it again only if there are no others.
    func begin(
        _ endpoint: RelayEndpoint?, model: String?, for key: RoutingKey, tokens: Int, after tried: [Int]
    ) -> Lease? {
        let now = Instant.now
        return state.withLock {
            $0.begin(endpoint, model: model, for: key, tokens: tokens, after: tried, at: now)
        }
    }

    /// The server has begun to answer.
    func didBegin(_ lease: Lease) {
        let now = Instant.now
        state.withLock { $0.didBegin(lease, at: now) }
    }

    /// The first content of a stream has arrived.
    func didGenerate(_ lease: Lease) {
        let now = Instant.now
        state.withLock { $0.didGenerate(lease, at: now) }
    }

    /// Returns whether the server gets no more requests because of this outcome.
    @discardableResult
    func end(_ lease: Lease, _ outcome: UpstreamHealth.Outcome) -> Bool {
        let now = Instant.now
        return state.withLock { $0.end(lease, outcome, at: now) }
    }

    /// When a server of the model can take requests again, if time alone makes it so.
    func timeUntilEligible(model: String) -> Duration? {
        let now = Instant.now
        return state.withLock { $0.timeUntilEligible(model: model, at: now) }
    }

    /// Whether all servers of the model have asked to be left alone for a while.
    func isLimited(model: String) -> Bool {
        let now = Instant.now
        return state.withLock { $0.isLimited(model: model, at: now) }
    }

    // MARK: Health

    func didCheck(id: Int, passed: Bool) {
        let now = Instant.now
        state.withLock { $0.didCheck(id: id, passed: passed, at: now) }
    }

    /// A health check, or the list of models, has failed for a reason; nil for none. Returns whether the reason is another.
    func set(fault: String?, id: Int) -> Bool { state.withLock { $0.set(fault: fault, id: id) } }

    /// Whether a server can take requests.
    var isReady: Bool {
        let now = Instant.now
        return state.withLock { $0.isReady(at: now) }
    }

    var reports: [UpstreamReport] {
        let now = Instant.now
        return state.withLock { $0.reports(at: now) }
    }
}
