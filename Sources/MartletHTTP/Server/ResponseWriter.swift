/// Answers one request, once: whole with `send`, or piece by piece with `stream`.
///
/// A handler that returns without having answered gives its client a 500.
public struct ResponseWriter: ~Copyable, Sendable {
    private let response: ResponseStream

    package init(_ response: ResponseStream) { self.response = response }

    /// Sends a whole response, with its `Content-Length`.
    public consuming func send(_ reply: HTTPResponse) {
        var reply = reply
        reply.head.dropConnectionFields()
        response.send(reply)
    }

    /// Begins a response of unknown length. Its head leaves with the first piece.
    public consuming func stream(_ head: ResponseHead) -> ResponseBody {
        var head = head
        head.dropConnectionFields()
        response.prepare(head)
        return ResponseBody(response)
    }
}

/// The content of a response that is sent piece by piece.
public struct ResponseBody: Sendable {
    private let response: ResponseStream

    fileprivate init(_ response: ResponseStream) { self.response = response }

    /// Sends `bytes`; suspends while the client is slow.
    ///
    /// - Throws: `CancellationError` when the client is gone.
    public nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
        let pressure = try response.append { $0.append(contentsOf: bytes) }
        if pressure.needsSignal { response.signal() }
        if pressure.isHigh { try await response.waitForRoom() }
    }

    /// Ends the response. A handler that returns ends it too.
    public func finish() { response.finish() }
}

extension ResponseHead {
    /// Drops the fields that the connection writes itself: a second `Content-Length` would let two readers disagree.
    fileprivate mutating func dropConnectionFields() {
        for name in ["Content-Length", "Transfer-Encoding", "Connection", "Date", "x-request-id"] {
            fields.remove(name)
        }
    }
}
