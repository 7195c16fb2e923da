internal import Logging
public import Martlet
internal import MartletCurl
internal import MartletHTTP
internal import MartletUV

extension Server {
    /// Passes requests for all other paths below `/v1/` through a gateway, such as `/v1/audio/speech`: those that neither
    /// Martlet nor the application has. They need the permission `infer`.
    ///
    /// - Throws: `ServerError` if the application has a route for all these paths.
    public mutating func passThrough(to gateway: Gateway) throws(ServerError) {
        for method in [HTTPMethod.get, .post, .put, HTTPMethod(rawValue: "PATCH"), .delete] {
            try route(
                method, "/v1/{path...}", requires: .permission(.infer),
                forPrincipal: { request, writer, server, principal in
                    let run = PassThrough(request, by: gateway, for: principal, server.configuration.logger)
                    try await run.answer(with: writer)
                })
        }
    }
}

/// A request for an endpoint that Martlet does not have: it goes to an upstream as it is, and the answer comes back as it
/// arrives. It is sent again only if an upstream cannot be connected to: what it does is not known.
struct PassThrough: Sendable {
    /// What counts as outstanding at the upstream; the real number cannot be known.
    private static let tokens = 1024

    private let request: HTTPRequest
    private let gateway: Gateway
    private let principal: Principal?
    private let logger: Logger
    private let configuration: GatewayConfiguration
    private let start = ContinuousClock.now

    fileprivate init(_ request: HTTPRequest, by gateway: Gateway, for principal: Principal?, _ logger: Logger) {
        (self.request, self.gateway, self.principal, self.logger) = (request, gateway, principal, logger)
        configuration = gateway.fleet.configuration
    }

    /// - Throws: `BackendError`, `OpenAIError` or `CancellationError`.
    fileprivate nonisolated(nonsending) func answer(with writer: consuming ResponseWriter) async throws {
        try gateway.fleet.id.refuseLoop(request.fields)
        let content = try await PassThroughRequest(request)
        try check(content.model)
        if let model = content.model { writer.record(model: model) }
        let (lease, transfer, head) = try await begin(content)
        let status = UpstreamStatus(head.status, isKeyOfClient: lease.server.upstream.sendsKeyOfClient)
        do {
            if status.isRefusedKey {
                logger.error("the upstream \(lease.server.name) does not accept the gateway's key")
                throw OpenAIError.refusedKey
            }
            if (300..<400).contains(head.status.code) {
                throw PassThroughTransfer.Failed(failure: .unexpectedStatus(head.status.code))
            }
            if (200..<300).contains(head.status.code) { gateway.fleet.didBegin(lease) }
            let fields = RelayFields.answering(head.fields, andNamed: ["content-disposition"])
            let body = writer.stream(ResponseHead(head.status, fields: fields))
            while let bytes = try await transfer.next() { try await body.write(bytes) }
            body.finish()
        } catch {
            transfer.cancel()
            throw end(lease, error)
        }
        // An error may be about the path, which the upstream need not have: it says nothing about others.
        gateway.fleet.end(lease, (200..<300).contains(head.status.code) ? .answered : .cancelled)
    }

    /// Throws if no upstream has the model, or the principal may not use it.
    private func check(_ model: String?) throws {
        if let models = principal?.models {
            guard let model else {
                throw OpenAIError.permissionDenied(
                    "Your API key is for certain models, and this request does not say which one it is for.")
            }
            if !models.contains(model) { throw BackendError.modelNotFound(model) }
        }
        if let model, !gateway.fleet.hasModel(model) { throw gateway.fleet.absence(of: model) }
    }

    /// Sends the request, and again as long as there is no connection. Returns when there is the head of an answer.
    private nonisolated(nonsending) func begin(
        _ content: PassThroughRequest
    ) async throws -> (Fleet.Lease, PassThroughTransfer, IncomingHead) {
        var key = RoutingKey()
        key.session = request.fields["x-session-id"]
        var tried: [Int] = []
        while true {
            guard
                let lease = gateway.fleet.begin(nil, model: content.model, for: key, tokens: Self.tokens, after: tried)
            else {
                throw BackendError.unavailable(
                    "No upstream can take requests for \(request.path.prefix(256)) at the moment. Try again soon.",
                    retryAfter: 1)
            }
            let outgoing = content.outgoing(
                to: lease, by: gateway.fleet.id, connectTimeout: configuration.timeouts.connect)
            let transfer = PassThroughTransfer(
                gateway.transport.begin(outgoing), timeouts: configuration.timeouts, since: start)
            do {
                return (lease, transfer, try await transfer.head())
            } catch {
                transfer.cancel()
                let answer = end(lease, error)
                tried.append(lease.server.id)
                guard let failed = error as? PassThroughTransfer.Failed, failed.isUnconnected,
                    tried.count <= configuration.retries
                else { throw answer }
            }
        }
    }

    /// Ends a request that has failed. Returns the error that the client gets.
    private func end(_ lease: Fleet.Lease, _ error: any Error) -> any Error {
        switch error {
        case let error as PassThroughTransfer.Failed:
            let outcome = AttemptOutcome.failed(error.failure).health(isKeyOfClient: false)
            gateway.fleet.end(lease, error.isUnconnected ? outcome : .cancelled)
            return error.failure.error(from: lease.server.name)
        default:
            gateway.fleet.end(lease, .cancelled)
            return error
        }
    }
}

extension PassThroughTransfer.Failed {
    fileprivate var isUnconnected: Bool {
        if case .transport(let error) = failure { error.isBeforeConnection } else { false }
    }
}
