/// Records the facts of one connection's exchanges. A connection has one only if its context has an observer.
///
/// The current exchange begins with the first byte of a request. When its response is complete it waits until the
/// system has taken the last byte, since later exchanges of the connection may begin before that. All bytes of a
/// connection belong to exchanges, so each response begins where the previous one ends.
final class ExchangeRecorder {
    typealias Observer = (ExchangeFacts, (any Sendable)?) -> Void

    /// A complete response with its place in the connection's output.
    private struct Sent {
        var facts: ExchangeFacts
        let start: Int
        let end: Int
        let attachment: (any Sendable)?
    }

    /// Bounds `reads` for a client that pipelines byte by byte.
    private static let maximumReads = 64

    private let observer: Observer
    private let clientAddress: String?
    /// When the input up to an offset arrived, oldest first; several while requests are pipelined.
    private var reads: [(end: Int, time: ContinuousClock.Instant)] = []
    private var readCount = 0
    private var parsedCount = 0
    private var current: ExchangeFacts?
    /// The value that the decision about the current request attached.
    private var attachment: (any Sendable)?
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
        if let last = reads.last, last.end <= parsedCount {
            reads.removeAll(keepingCapacity: true)
        } else {
            while let first = reads.first, first.end <= parsedCount { reads.removeFirst() }
        }
        current?.requestBytes = parsedCount - requestStart
    }

    private func begin() {
        requestStart = parsedCount
        current = ExchangeFacts(start: reads.first?.time ?? .now)
        current?.clientAddress = clientAddress
    }

    /// - Parameter id: The id that the response will have.
    func didBeginExchange(_ id: RequestID) { current?.id = id }

    func didReceiveHead(_ head: RequestHead, _ decision: ConnectionContext.Decision) {
        current?.head = head
        current?.route = decision.route
        current?.principal = decision.principal
        current?.refusal = decision.refusal
        if let address = decision.clientAddress { current?.clientAddress = address }
        attachment = decision.attachment
    }

    func didReceiveRequest() { current?.requestEnd = .now }

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
    func didEndResponse(at end: Int, isRefusal: Bool, attachment: (any Sendable)?) {
        guard var facts = current else { return }
        if isRefusal { facts.ending = .refused }
        sent.append(Sent(facts: facts, start: responseStart, end: end, attachment: attachment ?? self.attachment))
        responseStart = end
        current = nil
        self.attachment = nil
    }

    /// Everything so far has been written, and the system has taken `taken` bytes of it.
    func didWrite(taken: Int) {
        let now = ContinuousClock.now
        if current?.status != nil && current?.responseStart == nil { current?.responseStart = now }
        for index in sent.indices where sent[index].facts.responseStart == nil { sent[index].facts.responseStart = now }
        didTake(taken, at: now)
    }

    /// The system has taken `taken` bytes of the output.
    func didTake(_ taken: Int, at time: ContinuousClock.Instant = .now) {
        while let end = sent.first?.end, end <= taken {
            let exchange = sent.removeFirst()
            report(exchange.facts, bytes: end - exchange.start, at: time, exchange.attachment)
        }
    }

    /// The connection closes; `attachment` is that of the current exchange.
    func didClose(_ ending: ExchangeFacts.Ending, taken: Int, attachment: (any Sendable)?) {
        let now = ContinuousClock.now
        didTake(taken, at: now)
        let incomplete = sent
        sent = []
        for exchange in incomplete {
            var facts = exchange.facts
            facts.ending = ending
            report(facts, bytes: taken - exchange.start, at: now, exchange.attachment)
        }
        guard var facts = current else { return }
        current = nil
        facts.ending = ending
        report(facts, bytes: taken - responseStart, at: now, attachment ?? self.attachment)
    }

    private func report(
        _ facts: consuming ExchangeFacts, bytes: Int, at time: ContinuousClock.Instant, _ attachment: (any Sendable)?
    ) {
        facts.responseBytes = max(0, bytes)
        facts.end = time
        observer(facts, attachment)
    }
}
