/// Records the facts of one connection's exchanges. A connection has one only if its context has an observer.
///
/// The current exchange begins with the first byte of a request. When its response is complete it waits until the
/// system has taken the last byte, since later exchanges of the connection may begin before that. All bytes of a
/// connection belong to exchanges, so each response begins where the previous one ends.
final class ExchangeRecorder {
    typealias Observer = (ExchangeFacts, (any AnyObject & Sendable)?) -> Void

    /// A complete response with its place in the connection's output.
    private struct Sent {
        let facts: ExchangeFacts.Storage
        let start: Int
        let end: Int
    }

    /// Bounds `reads` for a client that pipelines byte by byte.
    private static let maximumReads = 64

    private let observer: Observer
    private let clientAddress: String?
    /// When the input up to an offset arrived, oldest first, as far as it has not been parsed; several while requests are
    /// pipelined.
    private var reads: [(end: Int, time: ContinuousClock.Instant)] = []
    /// The last of them that has been parsed.
    private var parsed: (end: Int, time: ContinuousClock.Instant)?
    private var readCount = 0
    private var parsedCount = 0
    private var current: ExchangeFacts.Storage?
    /// The offset of the current request in the input, and that of its response in the output.
    private var requestStart = 0
    private var responseStart = 0
    private var sent: [Sent] = []

    init(clientAddress: String?, _ observer: @escaping Observer) {
        self.clientAddress = clientAddress
        self.observer = observer
    }

    // MARK: The request

    func didRead(_ count: Int) {
        readCount += count
        if reads.count < Self.maximumReads {
            reads.append((readCount, .now))
        } else {
            reads[reads.count - 1].end = readCount
        }
    }

    /// The parser has consumed `count` bytes, after which it is within a request or not.
    func didParse(_ count: Int, isMidRequest: Bool) {
        if current == nil && isMidRequest { begin() }
        parsedCount += count
        while let first = reads.first, first.end <= parsedCount {
            parsed = first
            reads.removeFirst()
        }
        current?.requestBytes = parsedCount - requestStart
    }

    private func begin() {
        requestStart = parsedCount
        let facts = ExchangeFacts.Storage(start: reads.first?.time ?? .now)
        facts.clientAddress = clientAddress
        current = facts
    }

    /// - Parameter id: The id that the response will have.
    func didBeginExchange(_ id: RequestID) { current?.id = id }

    func didReceiveHead(_ head: RequestHead, _ decision: ConnectionContext.Decision) {
        guard let current else { return }
        current.head = head
        current.route = decision.route
        current.principal = decision.principal
        current.refusal = decision.refusal
        if let address = decision.clientAddress { current.clientAddress = address }
        current.attachment = decision.attachment
    }

    /// The request ends `count` bytes after those that `didParse(_:isMidRequest:)` has reported.
    func didReceiveRequest(after count: Int) {
        let end = parsedCount + count
        if let parsed, parsed.end >= end {
            current?.requestEnd = parsed.time
        } else {
            current?.requestEnd = reads.first { $0.end >= end }?.time ?? .now
        }
    }

    // MARK: The response

    /// The connection itself refuses the current request. A timeout or a shutdown does also before the first byte.
    /// - Parameter method: The method of a request without a valid head; nil if it is unknown.
    func didRefuse(_ error: RequestError, _ method: HTTPMethod?) {
        if current == nil { begin() }
        current?.refusal = error
        current?.refusedMethod = method
    }

    /// - Parameter id: The id of the exchange, which the response has.
    func didBeginResponse(_ status: HTTPStatus, id: RequestID?) {
        current?.status = status
        current?.id = id
    }

    /// The current response is complete and ends at offset `end` of the output.
    ///
    /// - Parameter attachment: Replaces that of the decision; nil leaves it.
    func didEndResponse(at end: Int, isRefusal: Bool, attachment: (any AnyObject & Sendable)?) {
        guard let facts = current else { return }
        current = nil
        if isRefusal { facts.ending = .refused }
        if let attachment { facts.attachment = attachment }
        sent.append(Sent(facts: facts, start: responseStart, end: end))
        responseStart = end
    }

    /// Everything so far has been written, and the system has taken `taken` bytes of it.
    func didWrite(taken: Int) {
        let hasBegun = current.map { $0.status != nil && $0.responseStart == nil } ?? false
        if !hasBegun && sent.isEmpty { return }
        let now = ContinuousClock.now
        if hasBegun { current?.responseStart = now }
        for index in sent.indices where sent[index].facts.responseStart == nil { sent[index].facts.responseStart = now }
        didTake(taken, at: now)
    }

    /// The system has taken `taken` bytes of the output.
    func didTake(_ taken: Int) {
        if !sent.isEmpty { didTake(taken, at: .now) }
    }

    private func didTake(_ taken: Int, at time: ContinuousClock.Instant) {
        while let end = sent.first?.end, end <= taken {
            let exchange = sent.removeFirst()
            report(exchange.facts, bytes: end - exchange.start, at: time)
        }
    }

    /// The connection closes.
    ///
    /// - Parameter attachment: That of the current exchange; nil leaves the decision's.
    func didClose(_ ending: ExchangeFacts.Ending, taken: Int, attachment: (any AnyObject & Sendable)?) {
        if sent.isEmpty && current == nil { return }
        let now = ContinuousClock.now
        didTake(taken, at: now)
        let incomplete = sent
        sent = []
        for exchange in incomplete {
            exchange.facts.ending = ending
            report(exchange.facts, bytes: taken - exchange.start, at: now)
        }
        guard let facts = current else { return }
        current = nil
        facts.ending = ending
        if let attachment { facts.attachment = attachment }
        report(facts, bytes: taken - responseStart, at: now)
    }

    private func report(_ facts: ExchangeFacts.Storage, bytes: Int, at time: ContinuousClock.Instant) {
        facts.responseBytes = max(0, bytes)
        facts.end = time
        let attachment = facts.attachment
        facts.attachment = nil
        observer(ExchangeFacts(facts), attachment)
    }
}
