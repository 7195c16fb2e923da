package import MartletUV

/// One client's connection: reads requests, has them answered one after the other, writes the responses in order.
///
///                 head and body are whole              the response has ended
///     receiving ---------------------------> responding -----------------------> receiving
///         |                                      |
///         | malformed, too large, too slow       | the client is gone: the task is cancelled
///         v                                      v
///     lingering ---- read all, 2 s, 1 MiB ---> closed
///
/// Knows bytes and deadlines and nothing of sockets. On its loop's thread only.
package final class Connection: ByteTransportDelegate {
    private enum Phase {
        /// Between two requests, or within one.
        case receiving
        case responding(ResponseStream)
        /// The last response is out; what the client still sends is dropped, so that it sees a status and no reset.
        case lingering(dropped: Int)
        case closed
    }

    private let context: ConnectionContext
    private let transport: any ByteTransport
    private let onClose: (Connection) -> Void
    /// Whether it is one of those accepted beyond the limits: it gets one response, and no task.
    let isReserved: Bool
    private var parser: RequestParser
    private var phase = Phase.receiving
    /// The request that is read or answered now; none before its head is there.
    private var exchange: Exchange?
    private var request: RequestHead?
    private var body: IncomingBody
    private var handler: ((HTTPRequest, ResponseStream) -> Void)?
    /// An answer that is known before the request's body is there.
    private var earlyReply: HTTPResponse?
    private var backlog = Backlog()
    /// For the backlog, and for replies that the client has not taken.
    private let memory: MemoryReservation
    private var out: [UInt8] = []
    private var hasReachedEnd = false
    private lazy var deadline = Deadline { [unowned self] in self.deadlineDidExpire() }
    /// When a connection whose reading is paused reads on; none before its first pause.
    private var readOnDeadline: Deadline?
    /// Bytes given to the transport, and how many the system had taken when the deadline was armed.
    private var writtenByteCount = 0
    private var takenAtArming = 0
    /// How others reach the connection: on the loop, and only while it lives.
    private lazy var link = LoopBound<Connection?>(self, on: context.loop)
    private lazy var flushStream: @Sendable () -> Void = { [link] in link.withValue { $0?.writeResponse() } }

    package init(
        _ transport: any ByteTransport, context: ConnectionContext, isReserved: Bool = false,
        onClose: @escaping (Connection) -> Void
    ) {
        self.transport = transport
        self.context = context
        self.isReserved = isReserved
        self.onClose = onClose
        parser = RequestParser(limits: context.parserLimits)
        body = IncomingBody(context)
        memory = MemoryReservation(of: context.memory)
    }

    package func start() {
        transport.delegate = self
        transport.startReading()
        armDeadline()
    }

    // MARK: Reading

    package func transportDidRead(_ bytes: borrowing Span<UInt8>) {
        switch phase {
        case .receiving where backlog.isEmpty:
            receive(bytes)
            if case .responding = phase, !out.isEmpty {
                // The response may have begun by the end of the turn: then one write takes both.
                context.loop.atEndOfTurn(flushStream)
                armDeadline()
            } else {
                settle()
            }
        case .receiving, .responding:
            backlog.append(bytes)
            if case .responding = phase, backlog.count > context.limits.maximumPipelinedBytes { return close() }
            updateReading()
        case .lingering(let dropped):
            let dropped = dropped + bytes.count
            phase = .lingering(dropped: dropped)
            if dropped > context.limits.maximumLingerBytes { close() }
        case .closed:
            break
        }
    }

    /// Parses as long as requests are answered at once; what is left waits in `backlog`.
    private func receive(_ bytes: borrowing Span<UInt8>) {
        var offset = 0
        do throws(RequestError) {
            while case .receiving = phase, !isCongested, let event = try parser.next(bytes, &offset) {
                switch event {
                case .head(let head): try begin(head, hasMore: offset < bytes.count)
                case .body(let range):
                    body.record(range.count)
                    if earlyReply == nil { try body.append(bytes.extracting(range)) }
                case .end: dispatch()
                }
            }
            if parser.isMidRequest, !parser.isInHead, body.isTooSlow { throw Self.slowBody }
        } catch {
            return refuse(error)
        }
        if case .lingering = phase { return }
        if offset < bytes.count { backlog.append(bytes.extracting(offset...)) }
    }

    /// Pauses reading behind a full backlog, which also hides the end of the connection. A client that does not read
    /// its responses meets the write timeout; while an answer is being made, nothing but reading on finds out.
    private func updateReading() {
        memory.set(to: MemoryBudget.counted(backlog.count + transport.unsentByteCount + out.count))
        if !backlog.isFull { return transport.startReading() }
        transport.stopReading()
        guard case .responding = phase else { return }
        let deadline = readOnDeadline ?? Deadline { [unowned self] in self.readOn() }
        readOnDeadline = deadline
        if !deadline.isArmed(in: context.readOn) { context.readOn.arm(deadline) }
    }

    private func readOn() {
        guard case .responding = phase, backlog.isFull else { return }
        backlog.raiseMark()
        transport.startReading()
    }

    /// Whether a client that does not read its responses has to wait before it gets more of them.
    private var isCongested: Bool { transport.unsentByteCount + out.count > ResponseStream.highWater }

    /// Goes on with requests that waited, writes what is there, and sets the next deadline.
    private func settle() {
        while case .receiving = phase, !backlog.isEmpty {
            if isCongested { flush() }
            if isCongested {
                body.restartClock()
                break
            }
            receive(backlog.take().span)
        }
        flush()
        if context.isDraining && isIdle { return close() }
        updateReading()
        armDeadline()
    }

    private func begin(_ head: RequestHead, hasMore: Bool) throws(RequestError) {
        request = head
        body.begin()
        deadline.disarm()
        exchange = Exchange(head, context.identifiers.next(), keepsAlive: !context.isDraining && !isReserved)
        exchange?.commonFields = context.commonFields?(head)
        switch decide(head) {
        case .handle(let maximumBodyBytes, let handler):
            self.handler = handler
            // What is more than the whole memory budget will never fit: that is a 413 too.
            parser.maximumBodyBytes = min(maximumBodyBytes, context.limits.maximumBodyBytes, context.memory.limit)
            if case .length(let count) = head.framing, count <= parser.maximumBodyBytes { try body.expect(count) }
            if head.expectsContinue && !hasMore && head.framing.mayHaveBody(upTo: parser.maximumBodyBytes) {
                buffered.append(contentsOf: Exchange.continueHead)
            }
        case .reply(let reply):
            earlyReply = reply
            // The limit of the route before does not hold for what is dropped.
            parser.maximumBodyBytes = ResponseStream.highWater
            // A short body is read first, so that the connection can go on; a long one is not worth waiting for.
            if head.expectsContinue || !head.framing.isShort { endEarly(reply) }
        }
    }

    private func decide(_ head: RequestHead) -> ConnectionContext.Decision {
        let decision = context.decide(head)
        guard isReserved, case .handle = decision else { return decision }
        let error = RequestError(
            .serviceUnavailable, "The server has as many connections open as it can; try again in a moment.")
        return .reply(context.renderError(error, head))
    }

    private func dispatch() {
        defer { request = nil }
        if let reply = earlyReply {
            earlyReply = nil
            return append(reply)
        }
        guard let head = request, let id = exchange?.id, let handler else { return }
        self.handler = nil
        var reservation = MemoryReservation(of: context.memory)
        let bytes = body.take(into: &reservation)
        let request = HTTPRequest(head: head, body: bytes, requestID: id.text, uniqueID: id.unique.text)
        exchange?.arrival = request.arrival
        let stream = ResponseStream(on: context.loop, memory: reservation, flush: flushStream)
        phase = .responding(stream)
        handler(request, stream)
    }

    // MARK: Refusing

    private func refuse(_ error: RequestError) {
        // What the head alone decided comes before any fault of the body.
        endEarly(earlyReply ?? context.renderError(error, request))
    }

    /// Answers before the request was read whole, which ends the connection (RFC 9112 §9.6).
    private func endEarly(_ reply: HTTPResponse) {
        var exchange = exchange ?? Exchange(nil, context.identifiers.next(), keepsAlive: false)
        exchange.keepsAlive = false
        self.exchange = exchange
        earlyReply = nil
        append(reply)
    }

    private func linger() {
        phase = .lingering(dropped: 0)
        backlog = Backlog()
        body.drop()
        flush()
        transport.shutdown()
        transport.startReading()
        armDeadline()
    }

    // MARK: Writing

    private func append(_ reply: HTTPResponse) {
        exchange?.append(reply, date: context.dateField(), to: &buffered)
        endExchange()
    }

    /// `out`, with a buffer of the pool behind it.
    private var buffered: [UInt8] {
        get { out }
        _modify {
            if out.capacity == 0 { out = context.buffers.take() }
            yield &out
        }
    }

    private func endExchange() {
        let keepsAlive = exchange?.keepsAlive ?? false
        exchange = nil
        phase = .receiving
        if !keepsAlive { linger() }
    }

    /// Writes what the current response has gathered. Runs on the loop at the end of a turn.
    private func writeResponse(committingHead: Bool = false) {
        guard case .responding(let stream) = phase else { return }
        switch stream.take(committingHead: committingHead) {
        case .nothing:
            break
        case .broken:
            flush()
            return close()
        case .whole(let reply):
            append(reply)
        case .part(let head, let bytes, let isLast):
            if let head {
                if context.isDraining { exchange?.keepsAlive = false }
                exchange?.append(head, date: context.dateField(), to: &buffered)
            }
            exchange?.append(bytes, isLast: isLast, to: &buffered)
            if isLast { endExchange() }
        }
        settle()
        stream.didWrite(unsent: transport.unsentByteCount)
    }

    private func flush() {
        if out.isEmpty { return }
        writtenByteCount += out.count
        transport.write(out.span)
        var buffer: [UInt8] = []
        swap(&buffer, &out)
        context.buffers.giveBack(buffer)
    }

    package func transportDidDrain() {
        if case .responding(let stream) = phase { stream.didWrite(unsent: 0) }
        if hasReachedEnd { return close() }
        settle()
    }

    private var takenByteCount: Int { writtenByteCount - transport.unsentByteCount }

    // MARK: Deadlines

    private func armDeadline() {
        switch phase {
        case .closed: deadline.disarm()
        case _ where transport.unsentByteCount > 0:
            // Only a byte that the client takes buys time, not one more to send.
            if deadline.isArmed(in: context.write) && takenByteCount == takenAtArming { break }
            takenAtArming = takenByteCount
            context.write.arm(deadline)
        case .lingering:
            if !deadline.isArmed(in: context.linger) { context.linger.arm(deadline) }
        case .responding(let stream):
            if stream.isStarted { context.heartbeat.arm(deadline) } else { context.headWait.arm(deadline) }
        case .receiving:
            if !parser.isMidRequest {
                (isReserved ? context.head : context.idle).arm(deadline)
            } else if !parser.isInHead {
                context.body.arm(deadline)
            } else if !deadline.isArmed(in: context.head) {
                context.head.arm(deadline)
            }
        }
    }

    private func deadlineDidExpire() {
        switch phase {
        case .closed: break
        case _ where transport.unsentByteCount > 0:
            if takenByteCount > takenAtArming { armDeadline() } else { close() }
        case .lingering: close()
        case .responding(let stream):
            if stream.isStarted { stream.sendHeartbeat() }
            writeResponse(committingHead: true)
        case .receiving:
            if !parser.isMidRequest {
                close()
            } else if let reply = earlyReply {
                endEarly(reply)
            } else if parser.isInHead {
                refuse(RequestError(.requestTimeout, "The head took too long to arrive: send it in one go."))
            } else {
                refuse(RequestError(.requestTimeout, "The body stopped arriving: send it without long pauses."))
            }
        }
    }

    private static var slowBody: RequestError {
        RequestError(.requestTimeout, "The body arrives too slowly: send it faster, or a smaller one.")
    }

    // MARK: The end

    package func transportDidReachEnd() {
        hasReachedEnd = true
        // A client that has closed its half gets what is already written; one that waits for an answer is gone.
        switch phase {
        case .receiving where transport.unsentByteCount > 0 && !parser.isMidRequest: break
        case .lingering where transport.unsentByteCount > 0: break
        default: close()
        }
    }

    package func transportDidFail(_ error: UVError) { close() }

    /// Closes now if no request is under way, else when its response has ended.
    package func drain() {
        exchange?.keepsAlive = false
        if isIdle { close() }
    }

    /// Whether every request that came is answered and every answer has left.
    private var isIdle: Bool {
        guard case .receiving = phase else { return false }
        return !parser.isMidRequest && backlog.isEmpty && transport.unsentByteCount == 0
    }

    /// The server stops without waiting: a response that is under way may end with an error, and a request that has
    /// not arrived whole is refused.
    package func interrupt() {
        switch phase {
        case .responding(let stream): stream.interrupt()
        case .receiving where parser.isMidRequest:
            refuse(RequestError(.serviceUnavailable, "The server is stopping; send the request again in a moment."))
        case .receiving, .lingering, .closed: break
        }
    }

    package func close() {
        if case .closed = phase { return }
        if case .responding(let stream) = phase { stream.cancel() }
        phase = .closed
        deadline.disarm()
        readOnDeadline?.disarm()
        transport.close()
    }

    package func transportDidClose() {
        close()
        link.withValue { $0 = nil }
        onClose(self)
    }
}
