internal import Martlet
internal import MartletCurl
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// One request to one upstream: passes its answer on as it arrives, on the loop of the client's connection.
///
/// A stream reaches the client from its first event on. Everything else is collected: the client gets it when it is complete,
/// so that until then the request can go to another upstream. On the loop's thread only.
final class RelayAttempt: CurlReceiver {
    /// The most bytes of an answer that is not a stream.
    static let maximumBytes = 64 << 20
    /// How long the end of an answer is waited for after the end of its stream.
    private static let lingerTime = Duration.seconds(2)
    /// What is not counted against the server's memory, and in which steps more is.
    private static let freeBytes = 64 << 10
    /// How often an attempt without an answer looks whether its upstream is still well, in milliseconds.
    private static let lookInterval: UInt64 = 1_000
    private static let reservationStep = 1 << 20

    private let loop: EventLoop
    private let sink: RelaySink
    private let timeouts: GatewayTimeouts
    private let disguise: RelaySink.Disguise
    /// Whether the client asks for a stream.
    private let wantsStream: Bool
    private let isToMove: () -> Bool
    private let onBegin: () -> Void
    /// Nil after it was called.
    private var onContent: (() -> Void)?
    private let onEnd: (AttemptOutcome) -> Void
    private var transfer: CurlLoopTransfer?
    private var timer: LoopTimer?
    private var head: IncomingHead?
    private var isStream = false
    private var hasBegun = false
    /// Whether a stream has an event; not only comments.
    private var hasEvents = false
    private var body: [UInt8] = []
    /// The bytes of `body` that are counted against the server's memory.
    private var reserved = 0
    /// Why the rest of the answer is not wanted.
    private var refusal: AttemptOutcome.Failure?
    private var isPaused = false
    private var stopListening: (() -> Void)?
    private let start: UInt64
    private var lastArrival: UInt64
    private var nextLook: UInt64
    private var hasEnded = false

    /// - Parameters:
    ///   - timeouts: With the part of the total that is left.
    ///   - wantsStream: Whether the client asks for a stream.
    ///   - isToMove: Whether an attempt without an answer is to end, so that another upstream gets the request. Asked on the
    ///     loop, about once a second.
    ///   - onBegin: Called, on the loop, with the head of a successful answer.
    ///   - onContent: Called at most once, on the loop, when the first content of a stream has arrived.
    ///   - onEnd: Called once, on the loop.
    init(
        to sink: RelaySink, on loop: EventLoop, timeouts: GatewayTimeouts, as disguise: RelaySink.Disguise,
        wantsStream: Bool, isToMove: @escaping () -> Bool,
        onBegin: @escaping () -> Void, onContent: @escaping () -> Void, onEnd: @escaping (AttemptOutcome) -> Void
    ) {
        (self.sink, self.loop, self.timeouts, self.disguise) = (sink, loop, timeouts, disguise)
        (self.wantsStream, self.isToMove) = (wantsStream, isToMove)
        (self.onBegin, self.onContent, self.onEnd) = (onBegin, onContent, onEnd)
        (start, lastArrival, nextLook) = (loop.now, loop.now, loop.now + Self.lookInterval)
    }

    func start(_ request: OutgoingRequest, by transport: CurlLoop) {
        timer = LoopTimer(on: loop) { [weak self] in self?.checkTime() }
        checkTime()
        // Nothing may be left of the total.
        if hasEnded { return }
        do throws(TransportError) {
            transfer = try transport.begin(request, to: self)
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
        armTimer()
        if (200..<300).contains(head.status.code) { onBegin() }
    }

    func didReceive(_ bytes: UnsafeRawBufferPointer) -> CurlReception {
        if hasEnded { return .taken }
        if isPaused { return .paused }
        lastArrival = loop.now
        guard isStream, let head else {
            return collect(bytes)
        }
        if !hasBegun {
            hasBegun = true
            sink.begin(head.status, fields: RelayFields.answering(head.fields), as: disguise)
        }
        guard let hasRoom = try? sink.append(bytes.assumingMemoryBound(to: UInt8.self).span) else { return .refused }
        if !hasEvents, sink.hasEvents {
            hasEvents = true
            armTimer()
        }
        if let onContent, sink.hasContent {
            onContent()
            self.onContent = nil
        }
        if sink.isTooLarge {
            refusal = .tooLarge
            return .refused
        }
        if sink.isDone {
            finishEarly()
        } else if !hasRoom {
            pause()
        }
        return .taken
    }

    private func collect(_ bytes: UnsafeRawBufferPointer) -> CurlReception {
        if body.count + bytes.count > Self.maximumBytes {
            refusal = .tooLarge
            return .refused
        }
        if body.count + bytes.count > max(reserved, Self.freeBytes) {
            do throws(MemoryBudget.Exceeded) {
                try sink.reserve(Self.reservationStep)
                reserved += Self.reservationStep
            } catch {
                refusal = .overMemory(error)
                return .refused
            }
        }
        body.append(contentsOf: bytes)
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
        if hasEnded { return release() }
        if sink.isCancelled { return end(.cancelled) }
        if let error {
            if isStream, sink.hasFinished, !sink.isUnanswered { return finish() }
            let failure = refusal ?? .transport(error)
            return end(sink.isUnanswered ? .failed(failure) : .broken(failure))
        }
        guard let head else { return end(.failed(.incomplete)) }
        if isStream {
            if !sink.hasFinished { return end(sink.isUnanswered ? .failed(.incomplete) : .broken(.incomplete)) }
            return finish()
        }
        if !head.status.mayAnswer { return end(.failed(.unexpectedStatus(head.status.code))) }
        if (200..<300).contains(head.status.code), isCutJSON(head) { return end(.failed(.incomplete)) }
        let answer = AttemptOutcome.Answer(status: head.status, fields: RelayFields.answering(head.fields), body: body)
        guard (200..<300).contains(head.status.code) else { return end(.declined(answer)) }
        let isSent = sink.respond(answer.status, fields: answer.fields, body: answer.body, as: disguise)
        end(isSent ? .answered : sink.isCancelled ? .cancelled : .failed(.notStreamed))
    }

    /// Whether the content, which ended with the connection, is not complete.
    private func isCutJSON(_ head: IncomingHead) -> Bool {
        if head.fields.contains("Content-Length") || head.fields.contains("Transfer-Encoding") { return false }
        let type = head.fields["Content-Type"]?.lowercased() ?? ""
        let content = body
        return type.hasPrefix("application/json") && JSONOutline(of: content.span) == nil
    }

    private func finish() {
        sink.finish()
        end(.answered)
    }

    // MARK: The end

    /// Ends the attempt if a limit is exceeded, and looks again when the next one may be.
    private func checkTime() {
        if hasEnded { return stop(.answered) }
        if let next = nextLimit, loop.now >= next.end {
            return stop(sink.isUnanswered ? .failed(next.failure) : .broken(next.failure))
        }
        if loop.now >= nextLook {
            nextLook = loop.now + Self.lookInterval
            if sink.isUnanswered, isToMove() { return stop(.failed(.foundDown)) }
        }
        armTimer()
    }

    /// Looks again when a limit may be exceeded. A transfer is not to be ended within a call of its receiver.
    private func armTimer() {
        let end = min(nextLimit?.end ?? .max, sink.isUnanswered ? nextLook : .max)
        if end < .max { timer?.start(milliseconds: end > loop.now ? end - loop.now : 0) }
    }

    /// Of the limits that hold now, the one that is exceeded first, and when.
    private var nextLimit: (end: UInt64, failure: AttemptOutcome.Failure)? {
        var next: (end: UInt64, failure: AttemptOutcome.Failure)?
        func add(_ limit: Duration?, since start: UInt64, _ failure: AttemptOutcome.Failure) {
            guard let end = limit.map({ start + Self.milliseconds($0) }), end < next?.end ?? .max else { return }
            next = (end, failure)
        }
        add(timeouts.total, since: start, .totalTimeout)
        if head == nil { add(timeouts.head, since: start, .headTimeout) }
        if head == nil ? wantsStream : isStream && !hasEvents {
            add(timeouts.firstToken, since: start, .firstTokenTimeout)
        } else if head != nil {
            add(timeouts.idle, since: isPaused ? loop.now : lastArrival, .idleTimeout)
        }
        return next
    }

    /// The client has all of a stream. The rest of the answer is read, so that its connection can be used again, but not
    /// waited for.
    private func finishEarly() {
        sink.finish()
        hasEnded = true
        timer?.start(milliseconds: Self.milliseconds(Self.lingerTime))
        onEnd(.answered)
    }

    private func stop(_ outcome: AttemptOutcome) {
        transfer?.cancel()
        if hasEnded { release() } else { end(outcome) }
    }

    private func end(_ outcome: AttemptOutcome) {
        if hasEnded { return }
        hasEnded = true
        release()
        onEnd(outcome)
    }

    private func release() {
        transfer = nil
        timer?.close()
        timer = nil
        stopListening?()
        stopListening = nil
    }

    private static func milliseconds(_ duration: Duration) -> UInt64 {
        UInt64(max(1, min(duration / .milliseconds(1), 1e12)))
    }
}

extension HTTPStatus {
    /// Whether a response of this status can be the answer to a request for a model's work.
    fileprivate var mayAnswer: Bool { code == 200 || (400..<600).contains(code) }
}
