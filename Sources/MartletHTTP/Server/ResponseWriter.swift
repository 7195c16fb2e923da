/// Responds to one request, once: completely with `send`, or piece by piece with `stream`.
///
/// If a handler returns without a response, the client gets a 500.
public struct ResponseWriter: ~Copyable, Sendable {
    package let buffer: ResponseBuffer

    package init(_ buffer: ResponseBuffer) { self.buffer = buffer }

    /// Sends a complete response; its `Content-Length` is added.
    public consuming func send(_ response: HTTPResponse) {
        var response = response
        response.head.dropConnectionFields()
        buffer.send(response)
    }

    /// Begins a response of unknown length. Its head is sent with the first piece.
    public consuming func stream(_ head: ResponseHead) -> ResponseBody {
        var head = head
        head.dropConnectionFields()
        buffer.prepare(head)
        return ResponseBody(buffer)
    }
}

/// The content of a streamed response.
public struct ResponseBody: Sendable {
    private let response: ResponseBuffer

    fileprivate init(_ response: ResponseBuffer) { self.response = response }

    /// Sends `bytes`; suspends while the client is slow.
    ///
    /// - Throws: `CancellationError` when the client has left.
    public nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
        let pressure = try response.append { $0.append(contentsOf: bytes) }
        if pressure.needsSignal { response.signal() }
        if pressure.isHigh { try await response.waitForRoom() }
    }

    /// Ends the response, as does the return of the handler.
    public func finish() { response.finish() }
}

extension ResponseHead {
    /// Removes the fields that the connection writes itself: with a second `Content-Length`, readers could disagree.
    fileprivate mutating func dropConnectionFields() {
        for name in ["Content-Length", "Transfer-Encoding", "Connection", "Date", "x-request-id"] {
            fields.remove(name)
        }
    }
}
