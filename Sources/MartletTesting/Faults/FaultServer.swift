public import Martlet
internal import MartletHTTP
internal import MartletUV

/// A server that plays scripts on its connections, for tests of clients and of gateways.
///
/// ```swift
/// let server = try await FaultServer([[.json("{}", status: 429)], [.streamHead, .delta("Hi"), .reset]])
/// ```
///
/// Each request plays the next script; the last script repeats for all later requests. The connection stays open after a
/// script, for the next request.
public final class FaultServer: Sendable {
    /// A request as received.
    public struct Request: Sendable {
        /// Method, target and fields, validated.
        public var head: RequestHead
        /// The content, without chunk framing.
        public var body: [UInt8]
        /// The number of the request's connection, from 0.
        public var connection: Int

        /// The content as JSON; nil if it is not JSON.
        public var json: JSONValue? { try? JSONValue(parsing: body) }
    }

    struct State {
        var requests: [Request] = []
        var openConnections = 0
        var connectionCount = 0
        var bytesSent = 0
        var writes = 0
    }

    private let scripts: [[FaultStep]]
    private let loop: EventLoop
    private let listener: LoopBound<Listener?>
    private let connections: LoopBound<[Int: FaultConnection]>
    let state = Locked(State())
    public let port: Int
    private let host: String

    /// Listens; `shutDown()` ends it.
    ///
    /// - Parameters:
    ///   - host: A numeric IPv4 address of this machine.
    ///   - port: 0 for a free one.
    public init(_ scripts: [[FaultStep]], host: String = "127.0.0.1", port: Int = 0) async throws {
        (self.scripts, self.host) = (scripts, host)
        let socket = try ListeningSocket.bind(to: .resolve(host: host, port: port), count: 1)[0]
        self.port = socket.address.port
        loop = try EventLoop()
        listener = LoopBound(nil, on: loop)
        connections = LoopBound([:], on: loop)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            loop.atEndOfTurn { continuation.resume(with: Result { try self.listen(on: socket) }) }
        }
    }

    /// A port of 127.0.0.1 without a listener.
    public static func refusedPort() throws -> Int {
        let socket = try ListeningSocket.bind(to: .resolve(host: "127.0.0.1", port: 0), count: 1)[0]
        defer { socket.close() }
        return socket.address.port
    }

    /// `http://`, the address and the port.
    public var url: String { "http://\(host):\(port)" }

    /// The requests so far.
    public var requests: [Request] { state.withLock { $0.requests } }

    /// The number of open connections.
    public var openConnections: Int { state.withLock { $0.openConnections } }

    /// The number of connections so far.
    public var connectionCount: Int { state.withLock { $0.connectionCount } }

    /// The number of bytes that the system has taken from scripts.
    public var bytesSent: Int { state.withLock { $0.bytesSent } }

    /// The number of writes by scripts.
    public var writes: Int { state.withLock { $0.writes } }

    /// Closes every connection and ends the thread.
    public func shutDown() async {
        loop.atEndOfTurn {
            self.listener.withValue { $0?.close() }
            for connection in self.connections.withValue({ $0.values }) { connection.endOnLoop() }
        }
        await loop.stop()
    }

    // MARK: On the loop

    private func listen(on socket: ListeningSocket) throws {
        let listener = try Listener(
            on: loop, socket: socket, hasRoom: { true }, onAccept: { [weak self] transport in self?.accept(transport) })
        self.listener.withValue { $0 = listener }
    }

    private func accept(_ transport: TCPTransport) {
        let number = state.withLock { state in
            state.openConnections += 1
            state.connectionCount += 1
            return state.connectionCount - 1
        }
        let connection = FaultConnection(transport, on: loop, number: number, of: self)
        connections.withValue { $0[number] = connection }
        connection.start()
    }

    func remove(_ number: Int) {
        connections.withValue { $0[number] = nil }
        state.withLock { $0.openConnections -= 1 }
    }

    /// Records a request and returns its script.
    func script(for request: Request) -> [FaultStep] {
        let index = state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
        return scripts.isEmpty ? [] : scripts[min(index, scripts.count - 1)]
    }
}

/// Runs a `FaultServer` during `body` and shuts it down on every path.
public nonisolated(nonsending) func withFaultServer<Result>(
    _ scripts: [FaultStep]..., body: nonisolated(nonsending) (FaultServer) async throws -> Result
) async throws -> Result {
    let server = try await FaultServer(scripts)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(server)) } catch { result = .failure(error) }
    await server.shutDown()
    return try result.get()
}
