/// The request line and the header fields of one request, checked as RFC 9112 demands. It is one store of bytes and
/// positions in it; every string is made when it is asked for.
public struct RequestHead: Sendable {
    /// The method; one that Martlet does not know is a value too.
    public let method: HTTPMethod
    /// The header fields in the order they came.
    public let fields: HTTPFields
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    public let minorVersion: Int
    /// Where the body ends.
    package let framing: BodyFraming
    /// Whether the client lets the connection live on after the response (RFC 9112 §9.3).
    package let keepsAlive: Bool
    /// Whether the client waits for 100 (Continue) before it sends the body (RFC 9110 §10.1.1).
    package let expectsContinue: Bool
    /// Whether an Origin or a Sec-Fetch-Site field is there: only browsers send them, with requests of web pages and
    /// with what the user opens. Found while the fields are read, so that others need not be searched for it.
    package let comesFromWebPage: Bool
    /// Whether a body follows that is not empty as far as the head can say.
    package var announcesBody: Bool { framing != .none && framing != .length(0) }
    private let parts: RequestTarget
    private let host: Range<Int>?

    /// The request target as it was sent (RFC 9112 §3.2).
    public var target: String { fields.string(parts.whole) }

    /// The target's path, not percent-decoded: it begins with `/`, also when the target is a whole URI, or it is `*`.
    public var path: String {
        guard parts.path.isEmpty else { return fields.string(parts.path) }
        // RFC 9112 §3.2.4: OPTIONS of a URI with neither path nor query is about the server.
        return method == .options && parts.query == nil ? "*" : "/"
    }

    /// What follows the target's first `?`, not percent-decoded; nil without one.
    public var query: String? { parts.query.map(fields.string) }

    /// The host, and the port if one is given, that the request is for: the target's, or else the Host field's (RFC 9112
    /// §3.3). Nil only in HTTP/1.0.
    public var authority: String? { (parts.authority ?? host).map(fields.string) }

    /// Whether the framing announces content that is not known to be empty.
    package var hasBody: Bool { framing != .none && framing != .length(0) }

    /// Draws the conclusions from a head that is whole in `bytes`. Throws 400 for contradictory or malformed framing,
    /// Host or target, 417 for an unknown expectation, 501 for CONNECT.
    init(_ bytes: [UInt8], line: RequestLine, entries: [HTTPFields.Entry]) throws(RequestError) {
        let span = bytes.span
        method = HTTPMethod(rawValue: String(decoding: bytes[line.method], as: UTF8.self))
        minorVersion = line.minorVersion
        parts = try RequestTarget(line.target, of: method, in: span)
        var deciding = MessageFraming()
        for entry in entries { try deciding.read(entry, in: span) }
        framing = try deciding.framing(minorVersion: minorVersion)
        keepsAlive = deciding.keepsAlive(minorVersion: minorVersion)
        expectsContinue = deciding.expectsContinue(minorVersion: minorVersion, framing: framing)
        comesFromWebPage = deciding.comesFromWebPage
        host = deciding.host
        fields = HTTPFields(bytes: bytes, entries: entries)
    }
}
