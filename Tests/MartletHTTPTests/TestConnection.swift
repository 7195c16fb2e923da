import MartletHTTP
import MartletTesting
import MartletUV
import Testing

/// A `Connection` on its own loop, with the test as its peer.
final class TestConnection: Sendable {
    /// What lives on the loop.
    struct Parts {
        let transport: MemoryTransport
        let connection: Connection
        let context: ConnectionContext
    }

    let loop: EventLoop
    let service: SampleService
    private let parts: LoopBound<Parts>
    private let hasEnded: Gauge

    /// Runs `body` with a new connection that has read `first`, and afterwards sees it closed, its tasks ended and its loop too.
    static func open(
        _ limits: ConnectionLimits = .patient, sending first: String = "", observesExchanges: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (TestConnection) async throws -> Void
    ) async throws {
        let test = try await TestConnection(
            limits, sending: Array(first.utf8), service: SampleService(observesExchanges: observesExchanges))
        try await body(test)
        test.service.gate.open()
        await test.on { $0.connection.close() }
        await eventually("the connection's end", sourceLocation: sourceLocation) {
            test.hasEnded.value == 1 && test.service.tasks.value == 0
        }
        await test.on { $0.context.close() }
        await test.loop.stop()
    }

    private init(_ limits: ConnectionLimits, sending first: [UInt8], service: SampleService) async throws {
        let loop = try EventLoop()
        let hasEnded = Gauge()
        parts = await loop.run {
            let context = service.context(on: loop, limits: limits)
            let transport = MemoryTransport(on: loop)
            let connection = Connection(transport, context: context) { _ in hasEnded.add(1) }
            connection.start()
            if !first.isEmpty { connection.transportDidRead(first.span) }
            return LoopBound(Parts(transport: transport, connection: connection, context: context), on: loop)
        }
        self.loop = loop
        self.service = service
        self.hasEnded = hasEnded
    }

    /// Runs `body` on the loop as a job, in the place of a socket's callback: before the jobs that it causes and before
    /// the end of the turn.
    @discardableResult
    func on<Result: Sendable>(_ body: @escaping @Sendable (Parts) -> Result) async -> Result {
        await loop.run { [parts] in parts.withValue { body($0) } }
    }

    /// As `on`, without waiting for it.
    func post(_ body: @escaping @Sendable (Parts) -> Void) {
        loop.atEndOfTurn { [parts] in parts.withValue { body($0) } }
    }

    func send(_ text: String) async { await send(Array(text.utf8)) }

    /// The peer sends `bytes` in one piece, whether the connection wants to read or not.
    func send(_ bytes: [UInt8]) async { await on { $0.transport.delegate?.transportDidRead(bytes.span) } }

    func sendEnd() async { await on { $0.transport.delegate?.transportDidReachEnd() } }

    func sendReset() async {
        await on { $0.transport.delegate?.transportDidFail(UVError(code: -104, operation: "read from a socket")) }
    }

    func drain() async {
        await on { parts in
            parts.context.closesConnections = true
            parts.connection.drain()
        }
    }

    /// The next response, once it is whole.
    func response(
        isHead: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) async -> ReceivedResponse {
        var result: ReceivedResponse?
        await eventually("a response", sourceLocation: sourceLocation) {
            result = await on {
                ReceivedResponse.take(
                    from: &$0.transport.received, isHead: isHead,
                    hasEnded: $0.transport.isShutDown && $0.transport.unsentByteCount == 0)
            }
            return result != nil
        }
        return result ?? ReceivedResponse()
    }

    var writes: [String] {
        get async { await on { $0.transport.writes.map { String(decoding: $0, as: UTF8.self) } } }
    }

    var received: String {
        get async { await on { String(decoding: $0.transport.received, as: UTF8.self) } }
    }

    var isReading: Bool { get async { await on { $0.transport.isReading } } }
    var isShutDown: Bool { get async { await on { $0.transport.isShutDown } } }
    var isClosed: Bool { get async { await on { $0.transport.isClosed } } }
    var isUsable: Bool { get async { await on { !$0.transport.isClosed && !$0.transport.isShutDown } } }
}

extension EventLoop {
    /// Runs `body` on the loop as a job.
    func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await Task(executorPreference: self) { body() }.value
    }
}
