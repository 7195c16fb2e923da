package import MartletUV

/// What the connections of one loop have in common. On the loop's thread only.
package final class ConnectionContext {
    /// What is to happen with a request, decided when its head is there.
    package enum Decision {
        /// Answer with this; the request's body is read and dropped.
        case reply(HTTPResponse)
        /// Read a body of at most so many bytes, then call.
        case handle(maximumBodyBytes: Int, (HTTPRequest, ResponseStream) -> Void)
    }

    package let loop: EventLoop
    let limits: ConnectionLimits
    /// Shared by all loops.
    let memory: MemoryBudget
    let decide: (RequestHead) -> Decision
    /// What a refusal looks like; the head is there if the fault is in the body behind it.
    let renderError: (RequestError, RequestHead?) -> HTTPResponse
    /// Fields that every response to a request carries besides its own; nil if there never are any.
    let commonFields: ((RequestHead) -> HTTPFields)?
    /// Records that connections or descriptors run short, and that they no longer do.
    let report: (ConnectionShortage) -> Void
    var buffers = BufferPool()
    var identifiers = UniqueID.Generator()
    package var isDraining = false
    private let clock: DeadlineClock
    let idle, head, body, headWait, heartbeat, write, linger, readOn: DeadlineList
    private var date: (second: Int, text: [UInt8]) = (0, [])

    package init(
        on loop: EventLoop, limits: ConnectionLimits, memory: MemoryBudget = .unlimited,
        commonFields: ((RequestHead) -> HTTPFields)? = nil, report: @escaping (ConnectionShortage) -> Void = { _ in },
        renderError: @escaping (RequestError, RequestHead?) -> HTTPResponse,
        decide: @escaping (RequestHead) -> Decision
    ) {
        self.loop = loop
        self.limits = limits
        self.memory = memory
        self.commonFields = commonFields
        self.report = report
        self.renderError = renderError
        self.decide = decide
        clock = DeadlineClock(on: loop)
        idle = clock.list(limits.keepAliveTimeout)
        head = clock.list(limits.headTimeout)
        body = clock.list(limits.bodyTimeout)
        headWait = clock.list(limits.headWait)
        heartbeat = clock.list(limits.heartbeatInterval)
        write = clock.list(limits.writeTimeout)
        linger = clock.list(limits.lingerTimeout)
        readOn = clock.list(.milliseconds(250))
    }

    var parserLimits: RequestParser.Limits {
        var result = RequestParser.Limits()
        result.maximumHeadBytes = limits.maximumHeadBytes
        result.maximumFields = limits.maximumFields
        result.maximumBodyBytes = limits.maximumBodyBytes
        return result
    }

    /// The value of `Date` (RFC 9110 §6.6.1), made once a second.
    func dateField() -> [UInt8] {
        let second = EventLoop.unixTime
        if second != date.second || date.text.isEmpty {
            date = (second, Array(HTTPDate(secondsSince1970: second).description.utf8))
        }
        return date.text
    }

    package func close() { clock.close() }
}
