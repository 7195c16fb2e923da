public import Martlet
internal import MartletUV

/// A transport without a network: a closure makes the response of each request.
public final class ScriptedTransport: HTTPTransport {
    /// What comes of a request: a head, and the pieces of its content. What it throws, the exchange throws.
    public typealias Response = (head: IncomingHead, pieces: [[UInt8]])

    private let respond: @Sendable (OutgoingRequest) async throws(TransportError) -> Response
    private let begun = Locked<[OutgoingRequest]>([])

    /// A transport whose responses are what `respond` returns.
    public init(_ respond: @escaping @Sendable (OutgoingRequest) async throws(TransportError) -> Response) {
        self.respond = respond
    }

    /// What has been asked so far.
    public var requests: [OutgoingRequest] { begun.withLock { $0 } }

    public func begin(_ request: OutgoingRequest) -> any HTTPExchange {
        begun.withLock { $0.append(request) }
        return ScriptedExchange(request, respond)
    }
}

/// One request and what the script makes of it.
private final class ScriptedExchange: HTTPExchange {
    private struct State {
        var head: IncomingHead?
        var pieces: [[UInt8]] = []
        var isCancelled = false
    }

    private let request: OutgoingRequest
    private let respond: @Sendable (OutgoingRequest) async throws(TransportError) -> ScriptedTransport.Response
    private let state = Locked(State())

    init(
        _ request: OutgoingRequest,
        _ respond: @escaping @Sendable (OutgoingRequest) async throws(TransportError) -> ScriptedTransport.Response
    ) {
        (self.request, self.respond) = (request, respond)
    }

    func head() async throws(TransportError) -> IncomingHead {
        if let head = state.withLock({ $0.head }) { return head }
        let (head, pieces) = try await respond(request)
        if state.withLock({ $0.isCancelled }) { throw .cancelled }
        state.withLock { state in
            state.head = head
            state.pieces = pieces.reversed()
        }
        return head
    }

    func next() async throws(TransportError) -> [UInt8]? {
        _ = try await head()
        if state.withLock({ $0.isCancelled }) { throw .cancelled }
        return state.withLock { $0.pieces.popLast() }
    }

    func cancel() { state.withLock { $0.isCancelled = true } }
}
