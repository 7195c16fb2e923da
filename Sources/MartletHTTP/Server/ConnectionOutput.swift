internal import MartletUV

/// The writing side of a connection: the response of the current exchange, and bytes on their way to the transport,
/// which are collected during a turn and then written at once.
struct ConnectionOutput: ~Copyable {
    /// The current request and its response; nil until the request's head is complete.
    private(set) var exchange: Exchange?
    private let transport: any ByteTransport
    private let context: ConnectionContext
    private let recorder: ExchangeRecorder?
    private var collected: [UInt8] = []
    /// The transport's taken bytes at the last call of `takeProgress()`.
    private var progress = 0

    init(_ transport: any ByteTransport, context: ConnectionContext, recorder: ExchangeRecorder?) {
        self.transport = transport
        self.context = context
        self.recorder = recorder
    }

    /// Whether everything has been passed to the transport.
    var isFlushed: Bool { collected.isEmpty }

    /// The bytes that the system has not taken, in the transport or before it.
    var unsentByteCount: Int { transport.unsentByteCount + collected.count }

    /// Whether a client that does not read its responses must not get more of them yet.
    var isCongested: Bool { unsentByteCount > ResponseBuffer.highWater }

    // MARK: The response of the current exchange

    mutating func beginExchange(_ head: RequestHead, _ decision: ConnectionContext.Decision, keepsAlive: Bool) {
        var exchange = Exchange(head, context.identifiers.next(), keepsAlive: keepsAlive)
        exchange.commonFields = context.commonFields?(head)
        exchange.isRefused = decision.refusal != nil
        exchange.companion = decision.companion
        exchange.requestIDField = decision.requestIDField
        self.exchange = exchange
        recorder?.didBeginExchange(exchange.id)
    }

    /// The request was answered by a handler: the response reports the time from `start`.
    mutating func reportProcessingTime(since start: ContinuousClock.Instant) {
        if let field = context.processingTimeField { exchange?.processingTime = (field, start) }
    }

    /// The connection closes after the response of the current exchange.
    mutating func closeAfterExchange() { exchange?.keepsAlive = false }

    /// The connection itself refuses the current request, which may not have a valid head.
    ///
    /// - Parameter method: The method of a request without a valid head; nil if it is unknown.
    mutating func refuseExchange(_ method: HTTPMethod?, _ error: RequestError) {
        recorder?.didRefuse(error, method)
        if exchange == nil { exchange = Exchange(refused: method, context.identifiers.next()) }
        exchange?.isRefused = true
    }

    mutating func appendContinue() {
        takeBuffer()
        collected.append(contentsOf: Exchange.continueHead)
    }

    mutating func append(_ response: HTTPResponse) {
        takeBuffer()
        let date = context.dateField()
        exchange?.append(response, date: date, to: &collected)
        recorder?.didBeginResponse(response.head.status, id: exchange?.id)
    }

    mutating func append(_ head: ResponseHead) {
        takeBuffer()
        if context.closesConnections { exchange?.keepsAlive = false }
        let date = context.dateField()
        exchange?.append(head, date: date, to: &collected)
        recorder?.didBeginResponse(head.status, id: exchange?.id)
    }

    mutating func append(_ bytes: [UInt8], isLast: Bool) {
        takeBuffer()
        exchange?.append(bytes, isLast: isLast, to: &collected)
    }

    /// The response is complete. Returns whether the connection persists.
    mutating func endExchange(attachment: (any AnyObject & Sendable)?) -> Bool {
        recorder?.didEndResponse(
            at: transport.takenByteCount + unsentByteCount, isRefusal: exchange?.isRefused ?? false,
            attachment: attachment)
        exchange?.companion?.onEnd()
        defer { exchange = nil }
        return exchange?.keepsAlive ?? false
    }

    // MARK: Writing

    /// Collects bytes in a buffer of the pool.
    private mutating func takeBuffer() {
        if collected.capacity == 0 { collected = context.buffers.take() }
    }

    /// Passes the collected bytes to the transport.
    mutating func flush() {
        if collected.isEmpty { return }
        transport.write(collected.span)
        var buffer: [UInt8] = []
        swap(&buffer, &collected)
        context.buffers.giveBack(buffer)
        recorder?.didWrite(taken: transport.takenByteCount)
    }

    /// Whether the system has taken bytes since the last call.
    mutating func takeProgress() -> Bool {
        defer { progress = transport.takenByteCount }
        return transport.takenByteCount > progress
    }
}
