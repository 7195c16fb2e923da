internal import Martlet
internal import MartletCurl
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// One request whose bytes go to an upstream, and whose answer's bytes come back.
struct RelayRun: Sendable {
    private let request: RelayRequest
    private let sink: RelaySink
    private let gateway: Gateway
    private let configuration: GatewayConfiguration
    private let upstreams: UpstreamRun

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
        if let answer { sink.respond(answer.status, fields: answer.fields, body: answer.body) }
    }

    private func attempt(_ lease: Fleet.Lease) async -> AttemptOutcome {
        sink.willSend(to: lease.server.name)
        let loop = sink.loop
        let outgoing = outgoing(lease)
        let isKeyOfClient = upstreams.isKeyOfClient(lease.server.upstream)
        let disguise = RelaySink.Disguise(
            model: lease.model == request.requestedModel ? nil : request.requestedModel ?? request.model,
            hidesUsage: request.isStreamed && !request.includesUsage)
        let running = Locked<LoopBound<RelayAttempt>?>(nil)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAccepted = loop.atEndOfTurn {
                    let attempt = RelayAttempt(
                        to: sink, on: loop, timeouts: configuration.timeouts, as: disguise,
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

    private func outgoing(_ lease: Fleet.Lease) -> OutgoingRequest {
        let upstream = lease.server.upstream
        let body = request.body(model: lease.model, includingUsage: true)
        var outgoing = OutgoingRequest(
            request.head.method, upstream.url(of: request.endpoint.path),
            fields: upstreams.fields(for: lease, hasBody: !body.isEmpty), body: body)
        outgoing.address = lease.server.addressText
        outgoing.connectTimeout = configuration.timeouts.connect
        return outgoing
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
