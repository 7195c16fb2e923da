/// Writes heads and chunks as RFC 9112 has them.
enum ResponseSerializer {
    /// How the end of a response's content is told (RFC 9112, 6.3).
    enum Framing {
        case length(Int)
        case chunked
        /// By the end of the connection, for a client that speaks HTTP/1.0.
        case close
        /// The status has no content.
        case none
    }

    /// What a connection adds to a response's own fields.
    struct ConnectionFields {
        var date: [UInt8]
        var requestID: String
        var keepsAlive: Bool
        /// A client that speaks HTTP/1.0 is told when the connection stays.
        var isHTTP10: Bool
    }

    static func appendHead(
        _ head: ResponseHead, framing: Framing, connection: ConnectionFields, to out: inout [UInt8]
    ) {
        out.append(contentsOf: version)
        out.append(contentsOf: String(head.status.code).utf8)
        out.append(UInt8(ascii: " "))
        out.append(contentsOf: head.status.reasonPhrase.utf8)
        out.append(contentsOf: date)
        out.append(contentsOf: connection.date)
        out.append(contentsOf: requestID)
        out.append(contentsOf: connection.requestID.utf8)
        out.append(contentsOf: lineEnd)
        head.fields.write(to: &out)
        switch framing {
        case .length(let count):
            out.append(contentsOf: contentLength)
            out.append(contentsOf: String(count).utf8)
            out.append(contentsOf: lineEnd)
        case .chunked: out.append(contentsOf: chunked)
        case .close, .none: break
        }
        if !connection.keepsAlive {
            out.append(contentsOf: close)
        } else if connection.isHTTP10 {
            out.append(contentsOf: keepAlive)
        }
        out.append(contentsOf: lineEnd)
    }

    /// One chunk (RFC 9112, 7.1) that holds all of `bytes`; nothing for none, since an empty chunk is the last one.
    static func appendChunk(_ bytes: [UInt8], to out: inout [UInt8]) {
        if bytes.isEmpty { return }
        out.append(contentsOf: String(bytes.count, radix: 16).utf8)
        out.append(contentsOf: lineEnd)
        out.append(contentsOf: bytes)
        out.append(contentsOf: lineEnd)
    }

    static let lastChunk = Array("0\r\n\r\n".utf8)
    static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    private static let version = Array("HTTP/1.1 ".utf8)
    private static let date = Array("\r\nDate: ".utf8)
    private static let requestID = Array("\r\nx-request-id: ".utf8)
    private static let contentLength = Array("Content-Length: ".utf8)
    private static let chunked = Array("Transfer-Encoding: chunked\r\n".utf8)
    private static let close = Array("Connection: close\r\n".utf8)
    private static let keepAlive = Array("Connection: keep-alive\r\n".utf8)
    private static let lineEnd = Array("\r\n".utf8)
}

extension HTTPStatus {
    /// Informational, 204 and 304 responses end with their head (RFC 9112, 6.3).
    var mayHaveContent: Bool { code >= 200 && code != 204 && code != 304 }
}
