/// What accompanies an exchange from the decision about its head to its end. On the loop's thread only.
package struct ExchangeCompanion {
    /// Fields of the response besides its own, as of the moment in which its head is written.
    let fields: () -> HTTPFields
    /// Called when the response is complete, before its last bytes are written; released without a call if the connection
    /// closes first.
    let onEnd: () -> Void

    package init(fields: @escaping () -> HTTPFields, onEnd: @escaping () -> Void = {}) {
        self.fields = fields
        self.onEnd = onEnd
    }
}

/// One request and its response: what the response depends on, and its form on the wire (RFC 9112 §6).
struct Exchange {
    /// How the end of a response's content is determined (RFC 9112 §6.3).
    private enum Framing {
        case length(Int)
        case chunked
        /// By the end of the connection, for HTTP/1.0.
        case close
        /// The status has no content.
        case none
    }

    let id: RequestID
    /// Whether the connection persists after the response.
    var keepsAlive: Bool
    /// Fields of the response besides its own.
    var commonFields: HTTPFields?
    var companion: ExchangeCompanion?
    /// The name of a further field with the request's id.
    var requestIDField: StaticString?
    /// The start of a field line that reports the milliseconds since an instant.
    var processingTime: (field: [UInt8], start: ContinuousClock.Instant)?
    /// Whether the connection itself refuses the request.
    var isRefused = false
    private let isHead: Bool
    private let isHTTP10: Bool
    /// The framing of a streamed response that has begun.
    private var framing = Framing.none

    init(_ head: RequestHead, _ id: UniqueID, keepsAlive: Bool) {
        self.id = RequestID(id, given: head.fields["x-request-id"])
        self.keepsAlive = keepsAlive && head.keepsAlive
        isHead = head.method == .head
        isHTTP10 = head.minorVersion == 0
    }

    /// A request without a valid head.
    ///
    /// - Parameter method: Its method; nil if it was refused before its head was complete.
    init(refused method: HTTPMethod?, _ id: UniqueID) {
        self.id = RequestID(id, given: nil)
        keepsAlive = false
        isHead = method == .head
        isHTTP10 = false
    }

    /// Appends a complete response.
    func append(_ response: HTTPResponse, date: [UInt8], to out: inout [UInt8]) {
        let hasContent = response.head.status.mayHaveContent
        append(response.head, hasContent ? .length(response.body.count) : .none, date: date, to: &out)
        if hasContent && !isHead { out.append(contentsOf: response.body) }
    }

    /// Appends the head of a streamed response.
    mutating func append(_ head: ResponseHead, date: [UInt8], to out: inout [UInt8]) {
        framing = if !head.status.mayHaveContent { .none } else if isHTTP10 { .close } else { .chunked }
        if case .close = framing { keepsAlive = false }
        append(head, framing, date: date, to: &out)
    }

    /// Appends a piece of the content as one chunk; an empty piece appends none, since an empty chunk is the last one.
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
        if let requestIDField {
            requestIDField.withUTF8Buffer { out.append(contentsOf: $0) }
            out.append(contentsOf: Self.separator)
            id.append(to: &out)
            out.append(contentsOf: Self.lineEnd)
        }
        if let (field, start) = processingTime {
            out.append(contentsOf: field)
            out.append(contentsOf: String(Int((ContinuousClock.now - start) / .milliseconds(1))).utf8)
            out.append(contentsOf: Self.lineEnd)
        }
        commonFields?.write(to: &out)
        if let companion { companion.fields().write(to: &out) }
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
            // HTTP/1.0 clients assume that the connection closes (RFC 9112 §9.3).
            out.append(contentsOf: Self.keepAlive)
        }
        out.append(contentsOf: Self.lineEnd)
    }

    /// The interim response that permits the client to send the body (RFC 9110 §15.2.1).
    static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    private static let version = Array("HTTP/1.1 ".utf8)
    private static let date = Array("\r\nDate: ".utf8)
    private static let requestID = Array("\r\nx-request-id: ".utf8)
    private static let contentLength = Array("Content-Length: ".utf8)
    private static let chunked = Array("Transfer-Encoding: chunked\r\n".utf8)
    private static let close = Array("Connection: close\r\n".utf8)
    private static let keepAlive = Array("Connection: keep-alive\r\n".utf8)
    private static let separator = Array(": ".utf8)
    private static let lineEnd = Array("\r\n".utf8)
    private static let lastChunk = Array("0\r\n\r\n".utf8)
}

extension HTTPStatus {
    /// Informational, 204 and 304 responses end with their head (RFC 9112 §6.3).
    fileprivate var mayHaveContent: Bool { code >= 200 && code != 204 && code != 304 }
}
