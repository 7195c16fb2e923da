internal import MartletClient
internal import MartletHTTP
internal import MartletUV

/// Sends the requests of one attempt to its server, and ends them if another one is to get the request.
final class AttemptTransport: HTTPTransport {
    private struct State {
        var transfer: (any HTTPTransfer)?
        var hasBegun = false
        var isAbandoned = false
    }

    /// How often an attempt without an answer looks whether its server is still well.
    private static let lookInterval = Duration.seconds(1)

    private let transport: any HTTPTransport
    private let server: FleetServer
    private let state = Locked(State())

    init(_ transport: any HTTPTransport, to server: FleetServer) { (self.transport, self.server) = (transport, server) }

    func begin(_ request: OutgoingRequest) -> any HTTPTransfer {
        var request = request
        request.connect(to: server)
        let transfer = transport.begin(request)
        let isAbandoned = state.withLock { state in
            state.transfer = transfer
            return state.isAbandoned
        }
        if isAbandoned { transfer.cancel() }
        return transfer
    }

    /// The answer is passed on from now on, so the attempt is not to be abandoned. Returns false if it has been.
    func begin() -> Bool {
        state.withLock { state in
            state.hasBegun = !state.isAbandoned
            return state.hasBegun
        }
    }

    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    /// Ends the attempt when `isToMove` says so, unless its answer is passed on. Returns when neither can happen any more,
    /// or the task is cancelled.
    func abandon(when isToMove: @Sendable () -> Bool) async {
        while (try? await Task.sleep(for: Self.lookInterval)) != nil {
            if state.withLock({ $0.hasBegun }) { return }
            guard isToMove() else { continue }
            let transfer = state.withLock { state -> (any HTTPTransfer)? in
                if state.hasBegun { return nil }
                state.isAbandoned = true
                return state.transfer
            }
            transfer?.cancel()
            return
        }
    }
}
