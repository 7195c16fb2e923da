internal import Logging
internal import Martlet
internal import MartletHTTP
internal import MartletOpenAI

/// The way of one request to an upstream, and to others as long as the client has nothing of an answer.
final class UpstreamRun: Sendable {
    let fleet: Fleet
    /// As it was when the request came.
    let configuration: GatewayConfiguration
    let endpoint: RelayEndpoint
    /// The id of the model, as the gateway lists it.
    let model: String
    let key: RoutingKey
    /// Of the prompt and the reply together.
    let estimatedTokens: Int
    let context: RequestContext

    init(
        fleet: Fleet, configuration: GatewayConfiguration, endpoint: RelayEndpoint, model: String, key: RoutingKey,
        estimatedTokens: Int, context: RequestContext
    ) {
        (self.fleet, self.configuration, self.endpoint, self.model) = (fleet, configuration, endpoint, model)
        (self.key, self.estimatedTokens, self.context) = (key, estimatedTokens, context)
    }

    /// Makes attempts until one gives the client an answer. Returns the one of an upstream that has declined the request,
    /// for the client; nil if the client has its answer.
    ///
    /// - Parameters:
    ///   - isWanted: Whether the client still waits, with nothing of an answer.
    ///   - attempt: Makes one attempt. What it throws ends the request. As long as it has nothing of an answer, it asks
    ///     its second argument from time to time whether it is to end with `foundDown`.
    /// - Throws: `BackendError`, `OpenAIError` or `CancellationError`, and errors of `attempt`.
    func run(
        while isWanted: () -> Bool,
        _ attempt: (Fleet.Lease, _ isToMove: @escaping @Sendable () -> Bool) async throws -> AttemptOutcome
    ) async throws -> AttemptOutcome.Answer? {
        try fleet.id.refuseLoop(context.headers)
        guard fleet.requestDidArrive(endpoint, model: model) else { throw notServed }
        var tried: [Int] = []
        // Those that will not answer the second time: they do not accept the key, or are too slow.
        var spent: [Int] = []
        var last: AttemptOutcome?
        for number in 0...configuration.retries {
            if number > 0, last?.reachedUpstream == true, !fleet.takeRetry() { break }
            guard let lease = fleet.begin(endpoint, model: model, for: key, tokens: estimatedTokens, after: tried)
            else { break }
            if spent.contains(lease.server.id) {
                fleet.end(lease, .cancelled)
                break
            }
            let upstream = lease.server.upstream
            let outcome: AttemptOutcome
            do {
                outcome = try await attempt(
                    lease, isToMove(from: lease, after: tried, isLast: number == configuration.retries))
            } catch {
                fleet.end(lease, .cancelled)
                throw error
            }
            if fleet.end(lease, outcome.health(isKeyOfClient: upstream.sendsKeyOfClient)) {
                context.logger.warning(
                    "the upstream \(lease.server.name) fails and gets no requests for a while: \(outcome.reason)")
            }
            switch outcome {
            case .answered: return nil
            case .cancelled: throw CancellationError()
            case .broken(let failure): throw failure.error(from: lease.server.name)
            case .declined(let answer):
                let status = UpstreamStatus(answer.status, isKeyOfClient: upstream.sendsKeyOfClient)
                if !status.isUpstreams { return answer }
                if status.isRefusedKey {
                    context.logger.error("the upstream \(lease.server.name) does not accept the gateway's key")
                    spent.append(lease.server.id)
                }
            case .failed(let failure):
                if !failure.isRetryable { throw failure.error(from: lease.server.name) }
                if failure.isTimeout { spent.append(lease.server.id) }
            }
            tried.append(lease.server.id)
            last = outcome
            if !isWanted() { throw CancellationError() }
        }
        return try answer(after: last)
    }

    /// Whether an attempt without an answer is to end, so that another upstream gets the request.
    private func isToMove(from lease: Fleet.Lease, after tried: [Int], isLast: Bool) -> @Sendable () -> Bool {
        if isLast { return { false } }
        return { [fleet, endpoint, model] in
            fleet.takeMove(from: lease, endpoint, model: model, after: tried)
        }
    }

    /// The fields of a request to the upstream of a lease.
    func fields(for lease: Fleet.Lease, hasBody: Bool) -> HTTPFields {
        RelayFields.requesting(
            context.headers, id: context.requestID, key: lease.server.key,
            forwardingKey: lease.server.upstream.forwardsKey, by: fleet.id, hasBody: hasBody)
    }

    // MARK: No answer

    private var notServed: BackendError {
        if fleet.hasModel(model) {
            return .notSupported("No upstream of the model \(model) has \(endpoint.path).")
        }
        return fleet.absence(of: model)
    }

    /// What the last upstream has said.
    private func answer(after last: AttemptOutcome?) throws -> AttemptOutcome.Answer {
        switch last {
        case .declined(let answer) where UpstreamStatus(answer.status, isKeyOfClient: false).isRefusedKey:
            throw OpenAIError.refusedKey
        case .declined(let answer): return answer
        case .failed(let failure): throw failure.error(from: nil)
        case .answered, .broken, .cancelled, nil:
            let wait = fleet.timeUntilEligible(model: model)
            let seconds = max(1, Int((wait ?? .seconds(1)) / .seconds(1) + 0.999))
            if fleet.isLimited(model: model) {
                throw BackendError.rateLimited(
                    "All upstreams of the model \(model) have reached their limits. Try again in \(seconds) s.",
                    retryAfter: seconds)
            }
            throw BackendError.unavailable(
                "No upstream of the model \(model) can take requests at the moment. Try again soon.",
                retryAfter: seconds)
        }
    }
}

extension Upstream {
    /// Whether the client's own credential, if it has one, goes there.
    var sendsKeyOfClient: Bool { forwardsKey && key == nil }
}

extension Fleet {
    /// The error of a request for a model that no upstream has.
    func absence(of model: String) -> BackendError {
        if isComplete { return .modelNotFound(model) }
        return .unavailable(
            "No upstream that answers has the model \(model), and some do not answer. Try again soon.", retryAfter: 5)
    }
}

extension OpenAIError {
    static var refusedKey: OpenAIError {
        OpenAIError(
            status: 502, message: "The upstream does not accept the gateway's key. The gateway's log says which.",
            type: "server_error", code: "upstream_error")
    }
}
