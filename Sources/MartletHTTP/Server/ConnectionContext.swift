package import MartletUV

/// The configuration and shared state of all connections of one loop. On the loop's thread only.
package final class ConnectionContext {
    /// How a request is handled, decided when its head is complete.
    package struct Decision {
        package enum Action {
            /// Send this response; the request's body is read and discarded.
            case respond(HTTPResponse)
            /// Read a body of at most `maximumBodyBytes`, then call the handler.
            case handle(maximumBodyBytes: Int, (HTTPRequest, ResponseBuffer) -> Void)
        }

        package let action: Action
        /// The route's pattern, for the facts of the exchange.
        package var route: String?
        /// Who sent the request, for the facts of the exchange.
        package var principal: (any AnyObject & Sendable)?
        /// The client's address, if it is not that of the connection's other end.
        var clientAddress: String?
        /// What accompanies the facts of the exchange to its observer, for a response without a handler.
        package var attachment: (any AnyObject & Sendable)?
        /// Why the connection itself refuses the request; nil if it does not.
        var refusal: RequestError?
        /// Whether a response that is known from the head reports its processing time, as those of handlers do.
        package var isTimed = false
        /// The name of a response field with the value of `x-request-id`, for an API that names it so; nil for none.
        package var requestIDField: StaticString?
        /// What accompanies the exchange to its end.
        package var companion: ExchangeCompanion?

        package static func respond(_ response: HTTPResponse, isTimed: Bool = false) -> Decision {
            Decision(action: .respond(response), isTimed: isTimed)
        }

        package static func handle(
            maximumBodyBytes: Int, _ handler: @escaping (HTTPRequest, ResponseBuffer) -> Void
        ) -> Decision {
            Decision(action: .handle(maximumBodyBytes: maximumBodyBytes, handler))
        }
    }

    package let loop: EventLoop
    let limits: ConnectionLimits
    /// Shared by all loops.
    let memory: MemoryBudget
    /// The client's address, from a request and that of the connection's other end; nil if the latter is the client's.
    private let resolveClient: ((RequestHead, String?) -> String?)?
    private let decide: (RequestHead, _ clientAddress: String?) -> Decision
    /// Renders a refusal; with the head if the error is in the body.
    let renderError: (RequestError, RequestHead?) -> HTTPResponse
    /// Fields that every response to a request carries besides its own; nil if there never are any.
    let commonFields: ((RequestHead) -> HTTPFields)?
    /// The start of a field line, `name: `, that reports the milliseconds between a request and its response.
    let processingTimeField: [UInt8]?
    /// Reports a shortage of connections or descriptors, and its end.
    let report: (ConnectionShortage) -> Void
    /// Called at the end of each exchange, with the attachment of its response buffer or of the decision. Nothing is
    /// recorded without it.
    let onExchangeEnd: ((ExchangeFacts, (any AnyObject & Sendable)?) -> Void)?
    /// Makes the attachment of a response buffer, in which its producer collects facts; nil if nobody reads any.
    let makeAttachment: (() -> any AnyObject & Sendable)?
    /// Whether somebody reads the clients' addresses.
    let readsClientAddresses: Bool
    var buffers = BufferPool()
    var identifiers = UniqueID.Generator()
    /// Whether connections close after the response in progress: the server is about to stop.
    package var closesConnections = false
    private let clock: DeadlineClock
    let idle, head, body, headWait, relayedHeadWait, heartbeat, write, linger, readPause: DeadlineList
    private var date: (second: Int, text: [UInt8]) = (0, [])

    /// - Parameters:
    ///   - processingTimeField: The name of a response field, sent with responses of handlers, that reports how many
    ///     milliseconds after the request the response began.
    ///   - makeAttachment: Makes what a response's producer may write facts into, for the observer and others.
    ///   - readsClientAddresses: Whether `decide` gets the client's address.
    ///   - resolveClient: The client's address, from a request and the address of the connection's other end.
    ///   - lateness: Counts by how many milliseconds the loop is late, four times a second.
    package init(
        on loop: EventLoop, limits: ConnectionLimits, memory: MemoryBudget = .unlimited,
        commonFields: ((RequestHead) -> HTTPFields)? = nil, processingTimeField: String? = nil,
        report: @escaping (ConnectionShortage) -> Void = { _ in },
        onExchangeEnd: ((ExchangeFacts, (any AnyObject & Sendable)?) -> Void)? = nil,
        makeAttachment: (() -> any AnyObject & Sendable)? = nil,
        readsClientAddresses: Bool = false, resolveClient: ((RequestHead, String?) -> String?)? = nil,
        lateness: AtomicHistogram? = nil,
        renderError: @escaping (RequestError, RequestHead?) -> HTTPResponse,
        decide: @escaping (RequestHead, _ clientAddress: String?) -> Decision
    ) {
        self.loop = loop
        self.limits = limits
        self.memory = memory
        self.commonFields = commonFields
        self.processingTimeField = processingTimeField.map { Array("\($0): ".utf8) }
        self.report = report
        self.onExchangeEnd = onExchangeEnd
        self.makeAttachment = makeAttachment
        self.readsClientAddresses = readsClientAddresses || onExchangeEnd != nil
        self.resolveClient = self.readsClientAddresses ? resolveClient : nil
        self.renderError = renderError
        self.decide = decide
        clock = DeadlineClock(on: loop, lateness: lateness)
        idle = clock.list(limits.keepAliveTimeout)
        head = clock.list(limits.headTimeout)
        body = clock.list(limits.bodyTimeout)
        headWait = clock.list(limits.headWait)
        relayedHeadWait = clock.list(limits.relayedHeadWait)
        heartbeat = clock.list(limits.heartbeatInterval)
        write = clock.list(limits.writeTimeout)
        linger = clock.list(limits.lingerTimeout)
        readPause = clock.list(.milliseconds(250))
    }

    func list(for wait: ResponseBuffer.Wait) -> DeadlineList {
        switch wait {
        case .head: headWait
        case .relayedHead: relayedHeadWait
        case .content: heartbeat
        }
    }

    /// How a request is handled. `refusal` is the response to what needs a handler; nil if handlers are available.
    func decision(about head: RequestHead, from clientAddress: String?, refusal: RequestError?) -> Decision {
        let resolved = resolveClient.flatMap { $0(head, clientAddress) }
        var decision = decide(head, resolved ?? clientAddress)
        decision.clientAddress = resolved
        guard let refusal, case .handle = decision.action else { return decision }
        var refused = Decision.respond(renderError(refusal, head))
        (refused.route, refused.principal, refused.refusal) = (decision.route, decision.principal, refusal)
        (refused.clientAddress, refused.requestIDField) = (resolved, decision.requestIDField)
        return refused
    }

    var parserLimits: RequestParser.Limits {
        var result = RequestParser.Limits()
        result.maximumHeadBytes = limits.maximumHeadBytes
        result.maximumFields = limits.maximumFields
        result.maximumBodyBytes = limits.maximumBodyBytes
        return result
    }

    /// The value of `Date` (RFC 9110 §6.6.1), formatted once a second.
    func dateField() -> [UInt8] {
        let second = EventLoop.unixTime
        if second != date.second || date.text.isEmpty {
            date = (second, Array(HTTPDate(secondsSince1970: second).description.utf8))
        }
        return date.text
    }

    package func close() { clock.close() }
}
