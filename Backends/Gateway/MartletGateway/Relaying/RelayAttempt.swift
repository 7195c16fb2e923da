internal import Martlet
internal import MartletCurl
internal import MartletHTTP
internal import MartletUV

/// One request to one upstream: passes its answer on as it arrives, on the loop of the client's connection.
///
/// A stream reaches the client from its first event on. Everything else is collected: the client gets it when it is complete,
/// so that until then the request can go to another upstream. On the loop's thread only.
final class RelayAttempt: CurlReceiver {
    /// How the attempt ended.
    enum Outcome: Sendable {
        /// The client has an answer.
        case answered
        /// The upstream has answered with a status that is not the client's fault: the client may get it, or another
        /// upstream be asked.
        case declined(Answer)
        /// There is no answer, and the client has nothing of one.
        case failed(Failure)
        /// The answer broke off after a part of it had been sent.
        case broken(Failure)
        /// The client has left.
        case cancelled
    }

    enum Failure: Sendable {
        case transport(TransportError)
        case headTimeout
        case idleTimeout
        /// The stream ended without saying why.
        case incomplete
        case tooLarge
    }

    struct Answer: Sendable {
        let status: HTTPStatus
        let fields: HTTPFields
        let body: [UInt8]
    }

    /// The most bytes of an answer that is not a stream.
    static let maximumBytes = 64 << 20

    private let loop: EventLoop
    private let sink: RelaySink
    private let timeouts: GatewayTimeouts
    private let disguise: RelaySink.Disguise
    private let onBegin: () -> Void
    private let onEnd: (Outcome) -> Void
    private var transfer: CurlLoopTransfer?
    private var timer: LoopTimer?
    private var head: IncomingHead?
    private var isStream = false
    private var hasBegun = false
    private var body: [UInt8] = []
    private var isPaused = false
    private var stopListening: (() -> Void)?
    private var lastArrival: UInt64
    private var hasEnded = false

    /// - Parameters:
    ///   - onBegin: Called, on the loop, when a stream begins.
    ///   - onEnd: Called once, on the loop.
    init(
        to sink: RelaySink, on loop: EventLoop, timeouts: GatewayTimeouts, as disguise: RelaySink.Disguise,
        onBegin: @escaping () -> Void, onEnd: @escaping (Outcome) -> Void
    ) {
        (self.sink, self.loop, self.timeouts, self.disguise) = (sink, loop, timeouts, disguise)
        (self.onBegin, self.onEnd, lastArrival) = (onBegin, onEnd, loop.now)
    }

    func start(_ request: OutgoingRequest, by transport: CurlLoop) {
        do throws(TransportError) {
            transfer = try transport.begin(request, to: self)
            let timer = LoopTimer(on: loop) { [weak self] in self?.checkTime() }
            self.timer = timer
            timer.start(milliseconds: Self.milliseconds(timeouts.head))
        } catch {
            end(.failed(.transport(error)))
        }
    }

    func cancel() { stop(.cancelled) }

    // MARK: The answer

    func didReceive(_ head: IncomingHead) {
        self.head = head
        let type = head.fields["Content-Type"]?.lowercased() ?? ""
        isStream = (200..<300).contains(head.status.code) && type.hasPrefix("text/event-stream")
        lastArrival = loop.now
        timer?.start(milliseconds: Self.milliseconds(timeouts.idle))
    }

    func didReceive(_ bytes: UnsafeRawBufferPointer) -> CurlReception {
        if isPaused { return .paused }
        lastArrival = loop.now
        guard isStream, let head else {
            if body.count + bytes.count > Self.maximumBytes { return .refused }
            body.append(contentsOf: bytes)
            return .taken
        }
        if !hasBegun {
            hasBegun = true
            onBegin()
            sink.begin(head.status, fields: RelayFields.answering(head.fields), as: disguise)
        }
        guard let hasRoom = try? sink.append(bytes) else { return .refused }
        if !hasRoom { pause() }
        return .taken
    }

    /// The client reads too slowly: the upstream waits.
    private func pause() {
        isPaused = true
        if stopListening == nil {
            stopListening = sink.onRoom { [loop, bound = LoopBound(self, on: loop)] in
                loop.atEndOfTurn { bound.withValue { $0.resume() } }
            }
        }
        // There may be room again since before there was a listener.
        if sink.hasRoom { loop.atEndOfTurn { [bound = LoopBound(self, on: loop)] in bound.withValue { $0.resume() } } }
    }

    private func resume() {
        guard isPaused, sink.hasRoom || sink.isCancelled else { return }
        isPaused = false
        lastArrival = loop.now
        transfer?.resume()
    }

    func didEnd(_ error: TransportError?) {
        if sink.isCancelled, !hasEnded { return end(.cancelled) }
        if let error {
            let failure = body.count + 1 > Self.maximumBytes ? Failure.tooLarge : .transport(error)
            return end(sink.isUnanswered ? .failed(failure) : .broken(failure))
        }
        guard let head else { return end(.failed(.incomplete)) }
        if isStream {
            if !sink.hasFinished { return end(sink.isUnanswered ? .failed(.incomplete) : .broken(.incomplete)) }
            sink.finish()
            return end(.answered)
        }
        let answer = Answer(status: head.status, fields: RelayFields.answering(head.fields), body: body)
        if UpstreamStatus(head.status).isUpstreams { return end(.declined(answer)) }
        sink.respond(answer.status, fields: answer.fields, body: answer.body, as: disguise)
        end(.answered)
    }

    // MARK: The end

    private func checkTime() {
        if hasEnded { return }
        guard head != nil else { return stop(.failed(.headTimeout)) }
        let limit = Self.milliseconds(timeouts.idle)
        let elapsed = isPaused ? 0 : loop.now - min(loop.now, lastArrival)
        if elapsed >= limit { return stop(sink.isUnanswered ? .failed(.idleTimeout) : .broken(.idleTimeout)) }
        timer?.start(milliseconds: limit - elapsed)
    }

    private func stop(_ outcome: Outcome) {
        if hasEnded { return }
        transfer?.cancel()
        end(outcome)
    }

    private func end(_ outcome: Outcome) {
        if hasEnded { return }
        hasEnded = true
        transfer = nil
        timer?.close()
        timer = nil
        stopListening?()
        stopListening = nil
        onEnd(outcome)
    }

    private static func milliseconds(_ duration: Duration) -> UInt64 {
        UInt64(max(1, min(duration / .milliseconds(1), 1e12)))
    }
}
