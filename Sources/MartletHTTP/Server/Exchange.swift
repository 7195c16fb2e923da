/// One request as its response has to know it, and the response as it goes on the wire (RFC 9112 §6).
struct Exchange {
    /// How the end of a response's content is told.
    private enum Framing {
        case length(Int)
        case chunked
        /// By the end of the connection, for a client that speaks HTTP/1.0.
        case close
        /// The status has no content.
        case none
    }

    let id: RequestID
    /// Whether the connection goes on after the response.
    var keepsAlive: Bool
    /// What the response carries besides its own fields.
    var commonFields: HTTPFields?
    /// When a request that is answered by a task was here whole: its response says how long it took.
    var arrival: ContinuousClock.Instant?
    private let isHead: Bool
    private let isHTTP10: Bool
    /// Of a response in pieces that has begun.
    private var framing = Framing.none

    /// For the request of `head`; for what came before a head could be read, without one.
    init(_ head: RequestHead?, _ id: UniqueID, keepsAlive: Bool) {
        self.id = RequestID(id, given: head?.fields["x-request-id"])
        self.keepsAlive = keepsAlive && head?.keepsAlive ?? false
        isHead = head?.method == .head
        isHTTP10 = head?.minorVersion == 0
    }

    /// Appends a whole response.
    func append(_ reply: HTTPResponse, date: [UInt8], to out: inout [UInt8]) {
        let hasContent = reply.head.status.mayHaveContent
        append(reply.head, hasContent ? .length(reply.body.count) : .none, date: date, to: &out)
        if hasContent && !isHead { out.append(contentsOf: reply.body) }
    }

    /// Appends the head of a response in pieces.
    mutating func append(_ head: ResponseHead, date: [UInt8], to out: inout [UInt8]) {
        framing = if !head.status.mayHaveContent { .none } else if isHTTP10 { .close } else { .chunked }
        if case .close = framing { keepsAlive = false }
        append(head, framing, date: date, to: &out)
    }

    /// Appends a piece of the content. All of it is one chunk: an empty chunk would be the last one.
    func append(_ bytes: [UInt8], isLast: Bool, to out: inout [UInt8]) {
        if isHead { return }
        switch framing {
        case .close:
            out.append(contentsOf: bytes)
        case .chunked:
            if !bytes.isEmpty {
                out.append(contentsOf: String(bytes.count, radix: 16).utf8)
                out.append(contentsOf: Self.lineEnd)
                out.append(contentsOf: bytes)
                out.append(contentsOf: Self.lineEnd)
            }
            if isLast { out.append(contentsOf: Self.lastChunk) }
        case .length, .none:
            break
        }
    }

    private func append(_ head: ResponseHead, _ framing: Framing, date: [UInt8], to out: inout [UInt8]) {
        out.append(contentsOf: Self.version)
        out.append(contentsOf: String(head.status.code).utf8)
        out.append(UInt8(ascii: " "))
        out.append(contentsOf: head.status.reasonPhrase.utf8)
        out.append(contentsOf: Self.date)
        out.append(contentsOf: date)
        out.append(contentsOf: Self.requestID)
        id.append(to: &out)
        out.append(contentsOf: Self.lineEnd)
        if let arrival {
            out.append(contentsOf: Self.processingTime)
            out.append(contentsOf: String(Int((ContinuousClock.now - arrival) / .milliseconds(1))).utf8)
            out.append(contentsOf: Self.lineEnd)
        }
        commonFields?.write(to: &out)
        head.fields.write(to: &out)
        switch framing {
        case .length(let count):
            out.append(contentsOf: Self.contentLength)
            out.append(contentsOf: String(count).utf8)
            out.append(contentsOf: Self.lineEnd)
        case .chunked: out.append(contentsOf: Self.chunked)
        case .close, .none: break
        }
        if !keepsAlive {
            out.append(contentsOf: Self.close)
        } else if isHTTP10 {
            // A client that speaks HTTP/1.0 is told when the connection stays (RFC 9112 §9.3).
            out.append(contentsOf: Self.keepAlive)
        }
        out.append(contentsOf: Self.lineEnd)
    }

    /// What a client that expects it waits for before it sends a body (RFC 9110 §15.2.1).
    static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    private static let version = Array("HTTP/1.1 ".utf8)
    private static let date = Array("\r\nDate: ".utf8)
    private static let requestID = Array("\r\nx-request-id: ".utf8)
    private static let processingTime = Array("openai-processing-ms: ".utf8)
    private static let contentLength = Array("Content-Length: ".utf8)
    private static let chunked = Array("Transfer-Encoding: chunked\r\n".utf8)
    private static let close = Array("Connection: close\r\n".utf8)
    private static let keepAlive = Array("Connection: keep-alive\r\n".utf8)
    private static let lineEnd = Array("\r\n".utf8)
    private static let lastChunk = Array("0\r\n\r\n".utf8)
}

extension HTTPStatus {
    /// Informational, 204 and 304 responses end with their head (RFC 9112 §6.3).
    fileprivate var mayHaveContent: Bool { code >= 200 && code != 204 && code != 304 }
}
