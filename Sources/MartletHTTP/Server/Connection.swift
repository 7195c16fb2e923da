package import MartletUV

/// A client's connection: reads requests, has them answered one after the other, writes the responses in order.
///
///              head and body are complete            the response has ended
///     receiving ---------------------------> responding -----------------------> receiving
///         |                                      |
///         | malformed, too large, too slow       | the client has left: the producer is stopped
///         v                                      v
///     lingering ---- end, 2 s or 1 MiB ----> closed
///
/// Works on bytes and deadlines, independent of sockets. On its loop's thread only.
package final class Connection: ByteTransportDelegate {
    private enum Phase {
        /// Between two requests, or within one.
        case receiving
        case responding(ResponseBuffer)
        /// The last response has been written. Further input is discarded, so that the client gets no reset before it
        /// has read the response.
        case lingering(discarded: Int)
        case closed
    }

    private let context: ConnectionContext
    private let transport: any ByteTransport
    private let onClose: (Connection) -> Void
    /// Whether it was accepted beyond the limits: it gets one response, and no handler.
    let isReserved: Bool
    private var phase = Phase.receiving
    private let input: ConnectionInput
    private var reader: RequestReader
    private var output: ConnectionOutput
    private let recorder: ExchangeRecorder?
    private let clientAddress: String?
    /// The response to requests that need a handler; nil if they get one.
    private var refusal: RequestError?
    private var hasReachedEnd = false
    private lazy var deadline = Deadline { [unowned self] in self.deadlineDidExpire() }
    /// A reference for other threads, which use it on the loop, and only while the connection lives.
    private lazy var link = LoopBound<Connection?>(self, on: context.loop)
    private lazy var writeResponse: @Sendable () -> Void = { [link] in link.withValue { $0?.takeResponse() } }

    package init(
        _ transport: any ByteTransport, context: ConnectionContext, isReserved: Bool = false,
        onClose: @escaping (Connection) -> Void
    ) {
        (self.context, self.isReserved) = (context, isReserved)
        refusal = isReserved ? .tooManyConnections : nil
        self.onClose = onClose
        self.transport = transport
        clientAddress = context.readsClientAddresses ? transport.peerAddress : nil
        recorder = context.onExchangeEnd.map { [clientAddress] in ExchangeRecorder(clientAddress: clientAddress, $0) }
        input = ConnectionInput(transport, context: context)
        reader = RequestReader(context, recorder: recorder)
        output = ConnectionOutput(transport, context: context, recorder: recorder)
    }

    package func start() {
        transport.delegate = self
        transport.startReading()
        armDeadline()
    }

    // MARK: Reading

    package func transportDidRead(_ bytes: borrowing Span<UInt8>) {
        switch phase {
        case .receiving where input.isEmpty:
            recorder?.didRead(bytes.count)
            receive(bytes)
            if case .responding = phase, !output.isFlushed {
                // The response may begin within this turn: then one write contains both.
                context.loop.atEndOfTurn(writeResponse)
                armDeadline()
            } else {
                proceed()
            }
        case .receiving, .responding:
            recorder?.didRead(bytes.count)
            input.append(bytes)
            if case .responding = phase, input.count > context.limits.maximumPipelinedBytes { return close() }
            input.updateReading(isResponding: response != nil, unsent: output.unsentByteCount)
        case .lingering(let discarded):
            let discarded = discarded + bytes.count
            phase = .lingering(discarded: discarded)
            if discarded > context.limits.maximumLingerBytes { close() }
        case .closed:
            break
        }
    }

    /// Parses as long as requests are answered immediately; the rest waits in `input`.
    private func receive(_ bytes: borrowing Span<UInt8>) {
        var offset = 0
        do throws(RequestError) {
            while case .receiving = phase, !output.isCongested, let event = try reader.next(bytes, &offset) {
                switch event {
                case .head(let head): try begin(head, hasMore: offset < bytes.count)
                case .end: dispatch()
                }
            }
        } catch { return refuse(error) }
        if case .lingering = phase { return }
        if offset < bytes.count { input.append(bytes.extracting(offset...)) }
    }

    /// Continues with waiting input, writes the output, and sets the next deadline.
    private func proceed() {
        while case .receiving = phase, !input.isEmpty {
            if output.isCongested { output.flush() }
            if output.isCongested {
                reader.restartBodyClock()
                break
            }
            receive(input.take().span)
        }
        output.flush()
        input.updateReading(isResponding: response != nil, unsent: output.unsentByteCount)
        armDeadline()
    }

    private func begin(_ head: RequestHead, hasMore: Bool) throws(RequestError) {
        deadline.disarm()
        let decision = context.decision(about: head, from: clientAddress, refusal: refusal)
        output.beginExchange(head, decision, keepsAlive: !context.closesConnections && !isReserved)
        if decision.isTimed { output.reportProcessingTime(since: .now) }
        try reader.accept(decision)
        if !hasMore && reader.expectsContinue { output.appendContinue() }
        if reader.shouldRespondEarly, let response = reader.earlyResponse { endEarly(response) }
    }

    private func dispatch() {
        if let response = reader.takeEarlyResponse() { return append(response) }
        var reservation = MemoryReservation(of: context.memory)
        guard let id = output.exchange?.id, let (request, handler) = reader.take(id, into: &reservation) else { return }
        output.reportProcessingTime(since: request.arrival)
        let response = ResponseBuffer(
            on: context.loop, memory: reservation, attachment: context.makeAttachment?(), flush: writeResponse)
        phase = .responding(response)
        handler(request, response)
    }

    // MARK: Refusing

    private func refuse(_ error: RequestError) {
        // A response that was decided from the head takes precedence over errors in the body.
        if let response = reader.earlyResponse { return endEarly(response) }
        output.refuseExchange(reader.refusedMethod, error)
        endEarly(context.renderError(error, reader.head))
    }

    /// Responds before the request was read completely, which ends the connection (RFC 9112 §9.6).
    private func endEarly(_ response: HTTPResponse) {
        output.closeAfterExchange()
        reader.earlyResponse = nil
        append(response)
    }

    private func linger() {
        phase = .lingering(discarded: 0)
        input.drop()
        reader.drop()
        output.flush()
        transport.shutdown()
        transport.startReading()
        armDeadline()
    }

    // MARK: Writing

    private func append(_ response: HTTPResponse) {
        output.append(response)
        endExchange()
    }

    private func endExchange() {
        let keepsAlive = output.endExchange(attachment: response?.attachment)
        phase = .receiving
        if !keepsAlive { linger() }
    }

    private var response: ResponseBuffer? { if case .responding(let buffer) = phase { buffer } else { nil } }

    /// Writes the pending output of the current response. Runs on the loop at the end of a turn.
    private func takeResponse(committingHead: Bool = false) {
        guard let response else { return }
        switch response.take(committingHead: committingHead) {
        case .nothing: break
        case .aborted:
            output.flush()
            return close()
        case .complete(let response):
            append(response)
        case .part(let head, let bytes, let isLast):
            if let head { output.append(head) }
            output.append(bytes, isLast: isLast)
            if isLast { endExchange() }
        }
        proceed()
        response.didWrite(unsent: transport.unsentByteCount)
    }

    package func transportDidWrite() {
        recorder?.didTake(transport.takenByteCount)
        if transport.unsentByteCount > 0 { return }
        response?.didWrite(unsent: 0)
        if hasReachedEnd { return close() }
        proceed()
    }

    // MARK: Deadlines

    private func armDeadline() {
        guard let (list, restarts) = timeout() else { return deadline.disarm() }
        if restarts || !deadline.isArmed(in: list) { list.arm(deadline) }
    }

    /// The timeout of the current state, and whether events restart it.
    private func timeout() -> (list: DeadlineList, restarts: Bool)? {
        switch phase {
        case .closed: nil
        // Only bytes that the client takes extend the time, not further bytes to send.
        case _ where transport.unsentByteCount > 0: (context.write, output.takeProgress())
        case .lingering: (context.linger, false)
        case .responding(let response):
            switch response.wait {
            case .head: (context.headWait, true)
            case .relayedHead: (context.relayedHeadWait, true)
            case .content: (context.heartbeat, true)
            }
        case .receiving where !reader.isMidRequest: (isReserved ? context.head : context.idle, true)
        case .receiving: reader.isInHead ? (context.head, false) : (context.body, true)
        }
    }

    private func deadlineDidExpire() {
        switch phase {
        case .closed: break
        case _ where transport.unsentByteCount > 0:
            if output.takeProgress() { context.write.arm(deadline) } else { close() }
        case .lingering: close()
        case .responding(let response):
            response.sendHeartbeat()
            takeResponse(committingHead: true)
        case .receiving where !reader.isMidRequest: close()
        case .receiving: refuse(reader.isInHead ? .headTimeout : .bodyTimeout)
        }
    }

    // MARK: The end

    package func transportDidReachEnd() {
        hasReachedEnd = true
        // A client that has half-closed gets the bytes that are already written; one that waits for a response has left.
        switch phase {
        case .receiving where transport.unsentByteCount > 0 && !reader.isMidRequest: break
        case .lingering where transport.unsentByteCount > 0: break
        default: close(.clientLeft)
        }
    }

    package func transportDidFail(_ error: UVError) { close(.clientLeft) }
    /// The server drains: the connection closes after its response. An idle one stays open to refuse a late request.
    package func drain() {
        output.closeAfterExchange()
        if !isFresh && !reader.isMidRequest && input.isEmpty { refusal = .serverStopping }
    }

    /// Whether there has been no request.
    package var isFresh: Bool { !reader.hasRead }
    package var isLingering: Bool { if case .lingering = phase { true } else { false } }
    /// Whether neither a request nor a response is in progress.
    package var isIdle: Bool {
        guard case .receiving = phase else { return false }
        return !reader.isMidRequest && input.isEmpty && transport.unsentByteCount == 0
    }

    /// The server stops without waiting: the response may end with an error, and an incomplete request is refused.
    package func interrupt() {
        switch phase {
        case .responding(let response): response.interrupt()
        case .receiving where reader.isMidRequest: refuse(.serverStopping)
        case .receiving, .lingering, .closed: break
        }
    }

    package func close() { close(.aborted) }

    private func close(_ ending: ExchangeFacts.Ending) {
        if case .closed = phase { return }
        response?.cancel()
        let attachment = response?.attachment
        phase = .closed
        deadline.disarm()
        input.close()
        transport.close()
        recorder?.didClose(ending, taken: transport.takenByteCount, attachment: attachment)
    }

    package func transportDidClose() {
        close()
        link.withValue { $0 = nil }
        onClose(self)
    }
}
