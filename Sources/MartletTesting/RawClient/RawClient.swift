internal import Dispatch
public import Martlet
package import Synchronization

/// A TCP connection to 127.0.0.1 for tests that inspect received bytes and control how and when bytes are sent.
///
/// Every wait is bounded: beyond the limit it throws a `RawClientError` that describes what was missing.
/// Calls run one after the other on the client's own thread, so that none blocks the server under test.
/// The connection closes when the client is deallocated.
public actor RawClient {
    private let executor = BlockingExecutor(label: "martlet.raw-client")
    private let socket: RawSocket
    private let limit: Duration
    /// Received bytes that have not been returned.
    private var received: [UInt8] = []
    /// The content of the current response.
    var content = ResponseContent()

    var sent = SentRequests()
    /// The current response: its request, its head, and its content so far.
    private var observed: (request: (method: String, target: String)?, head: ResponseHead, body: [UInt8])?
    /// Receives every response that a client of this process has read completely.
    package static let observer = Mutex<(@Sendable (ObservedResponse) -> Void)?>(nil)

    /// The client's own thread, which may block.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Connects to a port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - receiveBufferBytes: The size of the kernel's receive buffer; nil for the default.
    ///   - limit: The maximum wait of a call.
    public init(port: Int, receiveBufferBytes: Int? = nil, limit: Duration = .seconds(20)) async throws {
        socket = try RawSocket(receiveBufferBytes: receiveBufferBytes)
        self.limit = limit
        try socket.connect(port: port, until: .now + limit)
    }

    /// Connects to a server that runs in this process.
    public init(_ server: RunningServer, receiveBufferBytes: Int? = nil, limit: Duration = .seconds(20)) async throws {
        try await self.init(port: server.port, receiveBufferBytes: receiveBufferBytes, limit: limit)
    }

    /// A connection that a `RawListener` has accepted.
    init(accepted descriptor: Int32, limit: Duration) {
        socket = RawSocket(accepted: descriptor)
        self.limit = limit
    }

    // MARK: Sending

    /// Returns when the system has taken all of `bytes`.
    public func send(_ bytes: [UInt8]) throws {
        let end = ContinuousClock.now + limit
        var rest = bytes[...]
        sent.record(rest)
        while !rest.isEmpty { rest.removeFirst(try socket.send(rest, until: end)) }
    }

    /// Sends all of `text` as UTF-8.
    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends `text` in pieces of at most `size` bytes, with a pause between them.
    public func send(_ text: String, inPiecesOf size: Int, pausing pause: Duration) async throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try send(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            if !rest.isEmpty { try await Task.sleep(for: pause) }
        }
    }

    // MARK: Receiving

    /// The bytes of one read; empty at the end of the connection.
    public func receive() throws -> [UInt8] {
        if received.isEmpty { try read(until: .now + limit, "more bytes") }
        return take(received.count)
    }

    /// Exactly `count` bytes.
    public func receive(count: Int) throws -> [UInt8] {
        try readMore("\(count) bytes") { $0.count >= count }
        return take(count)
    }

    /// The bytes up to the first `delimiter`, inclusive.
    public func receive(through delimiter: String) throws -> [UInt8] {
        let pattern = Array(delimiter.utf8)
        var end = 0
        try readMore(delimiter.debugDescription) { bytes in
            end = bytes.end(ofFirst: pattern) ?? 0
            return end > 0
        }
        return take(end)
    }

    /// All bytes until the server closes the connection.
    public func receiveToEnd() throws -> [UInt8] {
        let end = ContinuousClock.now + limit
        while try read(until: end, "the end of the connection") {}
        return take(received.count)
    }

    private func readMore(_ what: String, until isEnough: ([UInt8]) -> Bool) throws {
        let end = ContinuousClock.now + limit
        while !isEnough(received) {
            if try read(until: end, what) { continue }
            let text = String(decoding: received.prefix(512), as: UTF8.self)
            throw RawClientError("The connection ended before \(what) arrived, after \(text.debugDescription).")
        }
    }

    /// Returns false at the end of the connection.
    @discardableResult
    private func read(until end: ContinuousClock.Instant, _ what: String) throws -> Bool {
        let bytes = try socket.receive(until: end, what)
        received += bytes
        return !bytes.isEmpty
    }

    private func take(_ count: Int) -> [UInt8] {
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    // MARK: Observing

    func observe(_ head: ResponseHead) {
        if head.status.code < 200 { return }
        observed = (sent.next(), head, [])
        observeEnd()
    }

    func observe(_ piece: [UInt8]) {
        observed?.body += piece
        observeEnd()
    }

    private func observeEnd() {
        guard content.framing == .over, let (request, head, body) = observed else { return }
        observed = nil
        let response = ObservedResponse(method: request?.method, target: request?.target, head: head, body: body)
        RawClient.observer.withLock { $0 }?(response)
    }

    // MARK: Ending

    /// Half-closes (FIN): the server sees the end of the connection and can still send.
    public func finishSending() { socket.finishSending() }

    /// Closes with a reset (RST): bytes in flight in either direction are lost.
    public func reset() { socket.reset() }

    /// Closes the connection (FIN).
    public func close() { socket.close() }
}

/// Why a call of a `RawClient` failed.
public struct RawClientError: Error, Sendable, CustomStringConvertible {
    /// The reason as a sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// An actor's executor that may block: its jobs run on a Dispatch thread, never on Swift's pool, which has only one thread
/// per core.
final class BlockingExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
