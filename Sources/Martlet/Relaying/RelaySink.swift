public import MartletHTTP
package import MartletUV

/// Where a `RelayingBackend` sends the answer of another server: `respond` with a complete one, or `begin`, `write` and
/// `finish` for a stream of server-sent events, whose bytes reach the client as they are.
///
/// A stream is passed on event by event: when the other server's breaks off, the client gets an error event after the last
/// complete one.
public struct RelaySink: Sendable {
    private let reply: RelayedReply
    /// The most bytes of an event of a stream.
    package static let maximumEventBytes = EventFrames.maximumBytes

    init(_ reply: RelayedReply) { self.reply = reply }

    /// Whether the client has left, or has its answer: nothing more is wanted.
    public var isCancelled: Bool { !reply.stream.isOpen }

    /// Whether the client has nothing of an answer yet, but perhaps a head and heartbeats, so that the request can be sent to
    /// yet another server.
    public var isUnanswered: Bool { reply.isUnanswered }

    /// What the client is not to see of another server's answer.
    public struct Disguise: Sendable, Hashable {
        /// The name of the model that stands in the place of the other server's; nil to keep that.
        public var model: String?
        /// Whether token counts in a stream are removed, since the client did not ask for them.
        public var hidesUsage = false

        public init(model: String? = nil, hidesUsage: Bool = false) {
            (self.model, self.hidesUsage) = (model, hidesUsage)
        }
    }

    /// Names the server that the request is sent to, for the records of requests. The last one counts.
    public func willSend(to upstream: String) { reply.send(to: upstream) }

    /// Sends a complete answer. Returns false, without an effect, if the client has one, or the head of a stream.
    @discardableResult
    public func respond(
        _ status: HTTPStatus, fields: HTTPFields, body: [UInt8], as disguise: Disguise = Disguise()
    ) -> Bool {
        reply.respond(status, fields, body, disguise)
    }

    /// Begins a streamed answer: its head is sent with the first complete event. Until then the answer can begin anew, with
    /// that of another server.
    public func begin(_ status: HTTPStatus, fields: HTTPFields, as disguise: Disguise = Disguise()) {
        reply.begin(status, fields, disguise)
    }

    /// Passes bytes of the stream on; suspends while the client is slow.
    ///
    /// - Throws: `CancellationError` when the client has left.
    public func write(_ bytes: [UInt8]) async throws {
        if try !append(bytes.span) { try await reply.stream.waitForRoom() }
    }

    /// As `write`, without waiting: returns whether the client is fast enough. If not, the caller should stop until
    /// `onRoom` calls.
    package func append(_ bytes: Span<UInt8>) throws(CancellationError) -> Bool {
        try reply.append(bytes)
    }

    /// Calls `listener`, on any thread, whenever there is room again or the client has left. Returns what ends that.
    package func onRoom(_ listener: @escaping @Sendable () -> Void) -> () -> Void {
        let id = reply.stream.addListener(listener)
        return { [stream = reply.stream] in stream.removeListener(id) }
    }

    /// Whether an event of the stream is larger than any may be.
    package var isTooLarge: Bool { reply.isTooLarge }

    /// Counts bytes of a complete answer, as it arrives, against the server's memory.
    ///
    /// - Throws: `MemoryBudget.Exceeded`.
    package func reserve(_ bytes: Int) throws(MemoryBudget.Exceeded) { try reply.stream.memory.add(bytes) }

    package var hasRoom: Bool { reply.stream.hasRoom }

    /// Whether the stream is complete, or has ended with an error of its own.
    package var hasFinished: Bool { reply.hasFinished }

    /// Whether a stream has an event of the generation, or its end.
    package var hasEvents: Bool { reply.hasEvents }

    /// Whether the answer has generated content.
    package var hasContent: Bool { reply.hasContent }

    /// The loop of the client's connection.
    package var loop: EventLoop { reply.stream.loop }

    /// Ends a streamed answer.
    public func finish() { reply.finish() }
}
