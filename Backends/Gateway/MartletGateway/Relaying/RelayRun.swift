internal import Logging
internal import Martlet
internal import MartletCurl
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// The way of one request to an upstream, and to others as long as the client has nothing of an answer.
struct RelayRun: Sendable {
    private let request: RelayRequest
    private let sink: RelaySink
    private let gateway: Gateway
    private let configuration: GatewayConfiguration
    private let key: RoutingKey
    private let start = ContinuousClock.now

    init(_ request: RelayRequest, to sink: RelaySink, by gateway: Gateway) {
        (self.request, self.sink, self.gateway) = (request, sink, gateway)
        configuration = gateway.fleet.configuration
        key = RoutingKey(of: request, for: configuration.routing)
    }

    /// - Throws: `BackendError`, `OpenAIError` or `CancellationError`.
    func run() async throws {
        let fleet = gateway.fleet
        guard fleet.requestDidArrive(request.endpoint, model: request.model) else { throw notServed }
        var tried: [Int] = []
        var last: RelayAttempt.Outcome?
        for attempt in 0...configuration.retries {
            if attempt > 0, last?.reachedUpstream == true, !fleet.takeRetry() { break }
            guard
                let lease = fleet.begin(
                    request.endpoint, model: request.model, for: key, tokens: request.estimatedTokens, after: tried)
            else { break }
            let upstream = lease.server.upstream
            sink.willSend(to: lease.server.name)
            let outcome = await self.attempt(lease)
            fleet.end(lease, outcome.health(isKeyOfClient: isKeyOfClient(upstream)))
            switch outcome {
            case .answered: return
            case .cancelled: throw CancellationError()
            case .broken(let failure): throw failure.error(from: lease.server.name)
            case .declined(let answer):
                if UpstreamStatus(answer.status, isKeyOfClient: isKeyOfClient(upstream)).isRefusedKey {
                    request.context.logger.error("the upstream \(lease.server.name) does not accept the gateway's key")
                }
            case .failed(let failure):
                if !failure.isRetryable { throw failure.error(from: lease.server.name) }
            }
            tried.append(lease.server.id)
            last = outcome
            if !sink.isUnanswered { throw CancellationError() }
        }
        try give(up: last)
    }

    /// Whether the client's own credential goes to an upstream.
    private func isKeyOfClient(_ upstream: Upstream) -> Bool { upstream.isForwardingKey(of: request.head) }

    private var notServed: BackendError {
        if gateway.fleet.hasModel(request.model) {
            return .notSupported("No upstream of the model \(request.model) has \(request.endpoint.path).")
        }
        return gateway.fleet.absence(of: request.model)
    }

    // MARK: Attempts

    private func attempt(_ lease: Fleet.Lease) async -> RelayAttempt.Outcome {
        let loop = sink.loop
        let outgoing = outgoing(lease)
        let isKeyOfClient = isKeyOfClient(lease.server.upstream)
        let disguise = RelaySink.Disguise(
            model: lease.model == request.requestedModel ? nil : request.requestedModel ?? request.model,
            hidesUsage: request.isStreamed && !request.includesUsage)
        let timeouts = timeouts
        let running = Locked<LoopBound<RelayAttempt>?>(nil)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAccepted = loop.atEndOfTurn {
                    let attempt = RelayAttempt(
                        to: sink, on: loop, timeouts: timeouts, as: disguise, wantsStream: request.isStreamed,
                        isKeyOfClient: isKeyOfClient,
                        onBegin: { gateway.fleet.didBegin(lease) },
                        onContent: { gateway.fleet.didGenerate(lease) }, onEnd: { continuation.resume(returning: $0) })
                    running.withLock { $0 = LoopBound(attempt, on: loop) }
                    do throws(TransportError) {
                        let transport = try gateway.transports.transport(on: loop)
                        transport.withValue { attempt.start(outgoing, by: $0) }
                    } catch {
                        attempt.didEnd(error)
                    }
                    // The client may have left before.
                    if sink.isCancelled { attempt.cancel() }
                }
                if !isAccepted { continuation.resume(returning: .cancelled) }
            }
        } onCancel: {
            loop.atEndOfTurn { running.withLock { $0 }?.withValue { $0.cancel() } }
        }
    }

    /// With what is left of the total.
    private var timeouts: GatewayTimeouts {
        var timeouts = configuration.timeouts
        timeouts.total = timeouts.total.map { $0 - (.now - start) }
        return timeouts
    }

    private func outgoing(_ lease: Fleet.Lease) -> OutgoingRequest {
        let upstream = lease.server.upstream
        let body = request.body(model: lease.model, includingUsage: true)
        let fields = RelayFields.requesting(
            request.head.fields, id: request.context.requestID, key: lease.server.key,
            forwardingKey: upstream.forwardsKey, hasBody: !body.isEmpty)
        var outgoing = OutgoingRequest(
            request.head.method, upstream.url(of: request.endpoint.path), fields: fields, body: body)
        outgoing.address = lease.server.addressText
        outgoing.connectTimeout = configuration.timeouts.connect
        return outgoing
    }

    // MARK: No answer

    /// Answers with what the last upstream has said.
    private func give(up last: RelayAttempt.Outcome?) throws {
        switch last {
        case .declined(let answer) where UpstreamStatus(answer.status, isKeyOfClient: false).isRefusedKey:
            throw OpenAIError.refusedKey
        case .declined(let answer):
            sink.respond(answer.status, fields: answer.fields, body: answer.body)
        case .failed(let failure):
            throw failure.error(from: nil)
        case .answered, .broken, .cancelled, nil:
            let wait = gateway.fleet.timeUntilEligible(model: request.model)
            throw BackendError.unavailable(
                "No upstream of the model \(request.model) can take requests at the moment. Try again soon.",
                retryAfter: max(1, Int((wait ?? .seconds(1)) / .seconds(1) + 0.999)))
        }
    }
}

extension Upstream {
    /// The URL of an endpoint. Those for tokens are not below `/v1`.
    func url(of path: String) -> String {
        if path.hasPrefix("/v1/") { return url.endpoint(String(path.dropFirst("/v1/".count))) }
        let base = url.endpoint("")
        return String(base.dropLast("/v1/".count)) + path
    }
}

extension Upstream {
    /// Whether the client's own credential goes to it.
    func isForwardingKey(of head: RequestHead) -> Bool {
        forwardsKey && key == nil && head.fields.contains("Authorization")
    }
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

extension RelayAttempt.Outcome {
    /// Whether the upstream may have worked on the request, so that another attempt adds to the load.
    fileprivate var reachedUpstream: Bool {
        if case .failed(.transport(let error)) = self { return !error.isBeforeConnection }
        return true
    }

    /// What the outcome says of the upstream.
    func health(isKeyOfClient: Bool) -> UpstreamHealth.Outcome {
        switch self {
        case .answered: .answered
        case .cancelled: .cancelled
        case .declined(let answer):
            UpstreamStatus(answer.status, isKeyOfClient: isKeyOfClient).outcome(
                retryAfter: RelayFields.retryAfter(answer.fields))
        case .failed(let failure), .broken(let failure):
            switch failure {
            case .transport(let error): error.isBeforeConnection ? .connectFailed : .interrupted
            case .headTimeout, .firstTokenTimeout, .idleTimeout: .timedOut
            case .incomplete: .interrupted
            case .unexpectedStatus: .serverError
            case .tooLarge: .answered
            // A long answer may be all that takes its time.
            case .overMemory, .totalTimeout: .cancelled
            }
        }
    }
}

extension RelayAttempt.Failure {
    /// Whether another upstream may answer what this one has not.
    fileprivate var isRetryable: Bool {
        switch self {
        case .transport, .headTimeout, .firstTokenTimeout, .idleTimeout, .incomplete, .unexpectedStatus: true
        case .totalTimeout, .tooLarge, .overMemory: false
        }
    }

    /// The error that the client gets.
    func error(from upstream: String?) -> any Error {
        let subject = upstream.map { "The upstream \($0)" } ?? "The upstream"
        switch self {
        case .overMemory(let error): return error
        case .transport(let error) where error.isBeforeConnection:
            return BackendError.unavailable("\(subject) cannot be reached. Try again soon.")
        case .transport(let error) where error.kind == .connectionLost:
            return Self.error(502, "\(subject) closed the connection before its answer was complete.")
        case .transport(let error):
            return Self.error(502, "\(subject)'s answer cannot be read: \(error.message)")
        case .headTimeout: return Self.error(504, "\(subject) did not answer within the gateway's timeout `head`.")
        case .firstTokenTimeout:
            return Self.error(504, "\(subject) sent no event within the gateway's timeout `first_token`.")
        case .idleTimeout:
            return Self.error(504, "\(subject) sent nothing for longer than the gateway's timeout `idle`.")
        case .totalTimeout:
            return Self.error(504, "\(subject)'s answer was not complete within the gateway's timeout `total`.")
        case .incomplete: return Self.error(502, "\(subject) ended its answer before it was complete.")
        case .tooLarge:
            let (whole, event) = (RelayAttempt.maximumBytes >> 20, RelaySink.maximumEventBytes >> 20)
            return Self.error(
                502, "\(subject)'s answer is larger than \(whole) MiB, or an event of it larger than \(event) MiB.")
        case .unexpectedStatus(let code):
            return Self.error(502, "\(subject) answered with the unexpected status \(code).")
        }
    }

    private static func error(_ status: Int, _ message: String) -> OpenAIError {
        OpenAIError(status: status, message: message, type: "server_error", code: "upstream_error")
    }
}

extension RoutingKey {
    /// The session that a request names, and if the policy uses them the blocks of its prompt.
    fileprivate init(of request: RelayRequest, for policy: RoutingPolicy) {
        self.init()
        promptTokens = request.body.count / 4
        session =
            request.head.fields["x-session-id"] ?? request.text(of: "prompt_cache_key") ?? request.text(of: "user")
        if policy.usesPrefixes { blocks = PrefixHasher.blocks(of: request.promptBlocks, model: request.model) }
    }
}
