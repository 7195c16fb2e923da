internal import Martlet
internal import MartletClient

/// One request that goes to an upstream, or to several in turn, with a client that reads its answer.
struct FoldedRun: Sendable {
    private let body: UpstreamBody
    private let upstreams: UpstreamRun
    private let transport: CurlTransport
    private let start = ContinuousClock.now

    init(_ body: UpstreamBody, _ context: RequestContext, by gateway: Gateway) {
        self.body = body
        transport = gateway.transport
        let configuration = gateway.fleet.configuration
        upstreams = UpstreamRun(
            fleet: gateway.fleet, configuration: configuration, endpoint: body.endpoint, model: body.model,
            key: RoutingKey(of: body, for: configuration.routing, context.headers),
            estimatedTokens: body.estimate.total, context: context)
    }

    /// What an attempt needs, and whether the sink has something of its answer.
    struct Attempt {
        /// The upstream's name.
        let upstream: String
        /// A client of the upstream, whose default model is the request's.
        let client: Client
        /// The request, as the upstream spells it.
        let body: JSONObject
        /// The upstream has accepted the request.
        let didBegin: (ResponseInfo) -> Void
        /// The first content of a stream has come.
        let didGenerate: () -> Void
        fileprivate let transport: AttemptTransport
        fileprivate(set) var hasBegun = false

        /// The sink gets the first event.
        ///
        /// - Throws: `CancellationError` if another upstream is to get the request.
        fileprivate mutating func begin() throws {
            if hasBegun { return }
            guard transport.begin() else { throw CancellationError() }
            hasBegun = true
        }
    }

    /// Makes attempts until one does not throw a `ClientError` that another upstream may not throw.
    ///
    /// - Throws: `BackendError`, `OpenAIError` or `CancellationError`, and other errors of `answer` as they are.
    func run(_ answer: (inout Attempt) async throws -> Void) async throws {
        var refusal: ClientError?
        func outcome(of lease: Fleet.Lease, _ isToMove: @escaping @Sendable () -> Bool) async throws -> AttemptOutcome {
            var attempt = attempt(lease)
            let watch = Task { [transport = attempt.transport] in await transport.abandon(when: isToMove) }
            defer { watch.cancel() }
            do {
                try await answer(&attempt)
                return .answered
            } catch let error as ClientError {
                if attempt.transport.isAbandoned { return .failed(.foundDown) }
                refusal = error
                return AttemptOutcome(error, hasBegun: attempt.hasBegun)
            } catch is CancellationError {
                return attempt.transport.isAbandoned && !Task.isCancelled ? .failed(.foundDown) : .cancelled
            }
        }
        let declined = try await upstreams.run(while: { !Task.isCancelled }, outcome)
        if declined != nil, let refusal { throw refusal.forClient }
    }

    /// Emits the events of a reply.
    ///
    /// - Parameter open: Sends the request, and returns the events when the first one has come.
    func fold<Events: AsyncSequence, Translation: EventTranslation>(
        to sink: StreamSink, as translation: Translation, isStreamed: Bool,
        _ open: (Client, JSONObject) async throws(ClientError) -> (Events, ResponseInfo)
    ) async throws where Events.Element == Translation.Event {
        try await run { attempt in
            sink.willSend(to: attempt.upstream)
            var translation = translation
            let (events, response) = try await open(attempt.client, attempt.body)
            attempt.didBegin(response)
            for try await event in events {
                for emitted in translation.events(of: event) {
                    let isFirst = !attempt.hasBegun
                    try attempt.begin()
                    if isStreamed, isFirst { attempt.didGenerate() }
                    try await sink.emit(emitted)
                }
            }
            for emitted in translation.finish() { try await sink.emit(emitted) }
        }
    }

    // MARK: Attempts

    private func attempt(_ lease: Fleet.Lease) -> Attempt {
        let upstream = lease.server.upstream
        let transport = AttemptTransport(transport, to: lease.server)
        var client = Client(upstream.url.url, model: lease.model, retry: .none, transport: transport)
        client.fields = upstreams.fields(for: lease, hasBody: true)
        // The client asks for what it can read.
        client.fields.remove("accept")
        let timeouts = upstreams.configuration.timeouts
        client.timeouts = Timeouts(
            connect: timeouts.connect, firstToken: min(timeouts.head, timeouts.firstToken ?? timeouts.head),
            idle: timeouts.idle, total: timeouts.total.map { $0 - (.now - start) })
        client.timeouts.commentsAreProgress = true
        // A part of the reply would be missing.
        client.skipsBadEvents = false
        client.replyLimit = RelayAttempt.maximumBytes
        client.eventLimit = RelaySink.maximumEventBytes
        let (fleet, fields) = (upstreams.fleet, upstreams.context.responseFields)
        return Attempt(
            upstream: lease.server.name, client: client, body: body.members(for: upstream.kind, model: lease.model),
            didBegin: { response in
                fleet.didBegin(lease)
                for (name, value) in RelayFields.answering(response.fields) where !name.hasPrefix("retry-after") {
                    fields.append(name, value)
                }
            }, didGenerate: { fleet.didGenerate(lease) }, transport: transport)
    }
}

extension RoutingKey {
    fileprivate init(of body: UpstreamBody, for policy: RoutingPolicy, _ fields: HTTPFields) {
        self.init()
        promptTokens = body.estimate.prompt
        session = fields["x-session-id"] ?? body.session
        if policy.usesPrefixes { blocks = PrefixHasher.blocks(of: body.promptBlocks(), model: body.model) }
    }
}
