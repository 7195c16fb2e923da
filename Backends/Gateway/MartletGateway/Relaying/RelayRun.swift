internal import Martlet
internal import MartletCurl
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// One request whose bytes go to an upstream, and whose answer's bytes come back.
final class RelayRun: Sendable {
    private let request: RelayRequest
    private let sink: RelaySink
    private let gateway: Gateway
    private let configuration: GatewayConfiguration
    private let upstreams: UpstreamRun
    private let start = ContinuousClock.now

    init(_ request: RelayRequest, to sink: RelaySink, by gateway: Gateway) {
        (self.request, self.sink, self.gateway) = (request, sink, gateway)
        configuration = gateway.fleet.configuration
        upstreams = UpstreamRun(
            fleet: gateway.fleet, configuration: configuration, endpoint: request.endpoint, model: request.model,
            key: RoutingKey(of: request, for: configuration.routing), estimatedTokens: request.estimatedTokens,
            context: request.context)
    }

    /// - Throws: `BackendError`, `OpenAIError` or `CancellationError`.
    func run() async throws {
        let answer = try await upstreams.run(while: { sink.isUnanswered }, attempt)
        guard let answer else { return }
        let isSent = sink.respond(answer.status, fields: answer.fields, body: answer.body)
        // The client has the head of a stream by now.
        if !isSent, !sink.isCancelled { throw answer.error }
    }

    private func attempt(_ lease: Fleet.Lease, _ isToMove: @escaping @Sendable () -> Bool) async -> AttemptOutcome {
        sink.willSend(to: lease.server.name)
        let loop = sink.loop
        let outgoing = outgoing(lease)
        let disguise = RelaySink.Disguise(
            model: lease.model == request.requestedModel ? nil : request.requestedModel ?? request.model,
            hidesUsage: request.isStreamed && !request.includesUsage)
        let timeouts = timeouts
        let running = Locked<LoopBound<RelayAttempt>?>(nil)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAccepted = loop.atEndOfTurn {
                    [sink, request, fleet = gateway.fleet, transports = gateway.transports] in
                    let attempt = RelayAttempt(
                        to: sink, on: loop, timeouts: timeouts, as: disguise, wantsStream: request.isStreamed,
                        isToMove: isToMove, onBegin: { fleet.didBegin(lease) },
                        onContent: { fleet.didGenerate(lease) }, onEnd: { continuation.resume(returning: $0) })
                    running.withLock { $0 = LoopBound(attempt, on: loop) }
                    do throws(TransportError) {
                        let transport = try transports.transport(on: loop)
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
        let body = request.body(model: lease.model, includingUsage: true)
        var outgoing = OutgoingRequest(
            request.head.method,
            lease.server.url(of: request.endpoint.path) + (request.head.query.map { "?\($0)" } ?? ""),
            fields: upstreams.fields(for: lease, hasBody: !body.isEmpty), body: body)
        outgoing.connect(to: lease.server)
        outgoing.connectTimeout = configuration.timeouts.connect
        return outgoing
    }
}

extension RoutingKey {
    /// The session that a request names, and if the policy uses them the blocks of its prompt.
    fileprivate init(of request: RelayRequest, for policy: RoutingPolicy) {
        self.init()
        promptTokens = request.body.count / 4
        session =
            request.head.fields["x-session-id"] ?? request.text(of: "prompt_cache_key") ?? request.text(of: "user")
            ?? request.text(of: "user_id", in: "metadata")
        if policy.usesPrefixes { blocks = PrefixHasher.blocks(of: request.promptBlocks, model: request.model) }
    }
}
