public import Martlet
internal import MartletUV

/// A transport without a network: a closure produces the response of each request.
public final class ScriptedTransport: HTTPTransport {
    /// A response: its head, and the pieces of its content.
    public typealias Response = (head: IncomingHead, pieces: [[UInt8]])

    private let respond: @Sendable (OutgoingRequest) async throws(TransportError) -> Response
    private let begun = Locked<[OutgoingRequest]>([])

    /// A transport that responds with the results of `respond`; its errors become the transfer's errors.
    public init(_ respond: @escaping @Sendable (OutgoingRequest) async throws(TransportError) -> Response) {
        self.respond = respond
    }

    /// The requests so far.
    public var requests: [OutgoingRequest] { begun.withLock { $0 } }

    public func begin(_ request: OutgoingRequest) -> any HTTPTransfer {
        begun.withLock { $0.append(request) }
        return ScriptedTransfer(request, respond)
    }
}

/// A request and the response of the script.
private final class ScriptedTransfer: HTTPTransfer {
    private struct State {
        var head: IncomingHead?
        var pieces: [[UInt8]] = []
        var isCancelled = false
        var responding: Task<Result<ScriptedTransport.Response, TransportError>, Never>?
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
        if Task.isCancelled { cancel() }
        let (known, isCancelled) = state.withLock { ($0.head, $0.isCancelled) }
        if isCancelled { throw .cancelled }
        if let known { return known }
        let (request, respond) = (request, respond)
        let responding = Task { () -> Result<ScriptedTransport.Response, TransportError> in
            do throws(TransportError) { return .success(try await respond(request)) } catch { return .failure(error) }
        }
        state.withLock { $0.responding = responding }
        let result = await withTaskCancellationHandler {
            await responding.value
        } onCancel: {
            self.cancel()
        }
        if state.withLock({ $0.isCancelled }) { throw .cancelled }
        let (head, pieces) = try result.get()
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

    func cancel() {
        let responding = state.withLock { state in
            state.isCancelled = true
            return state.responding
        }
        responding?.cancel()
    }
}
