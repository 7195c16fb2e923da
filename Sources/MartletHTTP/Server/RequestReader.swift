internal import MartletUV

/// Reads the requests of a connection one after the other: parses them, and collects or discards the body as the
/// decision about the head requires.
struct RequestReader: ~Copyable {
    enum Event {
        /// A head is complete: `accept(_:)` must follow.
        case head(RequestHead)
        /// The request is complete.
        case end
    }

    private let context: ConnectionContext
    private let recorder: ExchangeRecorder?
    private var parser: RequestParser
    private var body: IncomingBody
    /// The head of the current request; nil before it is complete.
    private(set) var head: RequestHead?
    private var handler: ((HTTPRequest, ResponseBuffer) -> Void)?
    /// The response to the current request, if it was decided from the head.
    var earlyResponse: HTTPResponse?

    init(_ context: ConnectionContext, recorder: ExchangeRecorder?) {
        self.context = context
        self.recorder = recorder
        parser = RequestParser(limits: context.parserLimits)
        body = IncomingBody(context)
    }

    /// Whether there has been a request.
    private(set) var hasRead = false
    var isMidRequest: Bool { parser.isMidRequest }
    var isInHead: Bool { parser.isInHead }
    /// The method of a request whose head was refused after its last byte.
    var refusedMethod: HTTPMethod? { parser.refusedMethod }

    /// Reads from `offset`, advances it, and returns the next event; nil when all bytes are consumed.
    mutating func next(
        _ bytes: borrowing Span<UInt8>, _ offset: inout Int
    ) throws(RequestError) -> Event? {
        while true {
            let start = offset
            defer { recorder?.didParse(offset - start, isMidRequest: parser.isMidRequest) }
            switch try parser.next(bytes, &offset) {
            case .head(let head):
                self.head = head
                hasRead = true
                body.begin()
                return .head(head)
            case .body(let range):
                body.record(range.count)
                if earlyResponse == nil { try body.append(bytes.extracting(range)) }
            case .end:
                recorder?.didReceiveRequest(after: offset - start)
                return .end
            case nil:
                if parser.isMidRequest, !parser.isInHead, body.isTooSlow { throw .slowBody }
                return nil
            }
        }
    }

    /// Prepares for the body of the request as `decision` about its head requires.
    mutating func accept(_ decision: ConnectionContext.Decision) throws(RequestError) {
        guard let head else { return }
        recorder?.didReceiveHead(head, decision)
        switch decision.action {
        case .handle(let maximumBodyBytes, let handler):
            self.handler = handler
            // A body larger than the whole memory budget can never be accepted: it is a 413 too.
            parser.maximumBodyBytes = min(maximumBodyBytes, context.limits.maximumBodyBytes, context.memory.limit)
            if case .length(let count) = head.framing, count <= parser.maximumBodyBytes { try body.expect(count) }
        case .respond(let response):
            earlyResponse = response
            // The limit of the previous request's route does not apply to a discarded body.
            parser.maximumBodyBytes = ResponseBuffer.highWater
        }
    }

    /// Whether the client waits for 100 (Continue) before it sends a body that is wanted.
    var expectsContinue: Bool {
        guard let head, handler != nil else { return false }
        return head.expectsContinue && head.framing.mayHaveBody(upTo: parser.maximumBodyBytes)
    }

    /// Whether the response should not wait for a body that is discarded: a short body is read first, so that the
    /// connection can be reused.
    var shouldRespondEarly: Bool {
        guard let head, earlyResponse != nil else { return false }
        return head.expectsContinue || !head.framing.isShort
    }

    /// Takes a complete request with its handler and its memory reservation; nil if it has no handler.
    mutating func take(
        _ id: RequestID, into memory: inout MemoryReservation
    ) -> (request: HTTPRequest, handler: (HTTPRequest, ResponseBuffer) -> Void)? {
        guard let head = head.take(), let handler = handler.take() else { return nil }
        let bytes = body.take(into: &memory)
        return (HTTPRequest(head: head, body: bytes, requestID: id.text, uniqueID: id.unique.text), handler)
    }

    /// Takes the early response of a complete request.
    mutating func takeEarlyResponse() -> HTTPResponse? {
        guard let response = earlyResponse.take() else { return nil }
        head = nil
        return response
    }

    /// Restarts the grace period of a body after the server itself has paused reading.
    mutating func restartBodyClock() { body.restartClock() }

    /// Frees the body.
    mutating func drop() { body.drop() }
}
