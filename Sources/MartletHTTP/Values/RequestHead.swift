/// The request line and the header fields of a request, validated by RFC 9112. Stores bytes and positions in them;
/// strings are created on access.
public struct RequestHead: Sendable {
    /// The method, which may be an unknown one.
    public let method: HTTPMethod
    /// The header fields in order of arrival.
    public let fields: HTTPFields
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    public let minorVersion: Int
    /// How the end of the body is determined.
    package let framing: BodyFraming
    /// Whether the client allows the connection to persist (RFC 9112 §9.3).
    package let keepsAlive: Bool
    /// Whether the client waits for 100 (Continue) before it sends the body (RFC 9110 §10.1.1).
    package let expectsContinue: Bool
    /// Whether there is an Origin or a Sec-Fetch-Site field: only browsers send them, with requests of web pages and with
    /// navigation by the user. Determined during parsing, so that other requests need no search.
    package let comesFromWebPage: Bool
    private let parts: RequestTarget
    private let host: Range<Int>?

    /// The request target as received (RFC 9112 §3.2).
    public var target: String { fields.string(parts.whole) }

    /// The target's path, not percent-decoded: it begins with `/`, also in absolute-form, or is `*`.
    public var path: String {
        guard parts.path.isEmpty else { return fields.string(parts.path) }
        // OPTIONS of a URI with neither path nor query concerns the server (RFC 9112 §3.2.4).
        return method == .options && parts.query == nil ? "*" : "/"
    }

    /// The part of the target after the first `?`, not percent-decoded; nil without one.
    public var query: String? { parts.query.map(fields.string) }

    /// The host with an optional port: the target's, or else that of the Host field (RFC 9112 §3.3). Nil only in HTTP/1.0.
    public var authority: String? { (parts.authority ?? host).map(fields.string) }

    /// Whether the framing announces content that may be non-empty.
    package var hasBody: Bool { framing != .none && framing != .length(0) }

    /// Interprets a complete head. Throws 400 for contradictory or malformed framing, Host or target, 417 for an unknown
    /// expectation, 501 for CONNECT.
    init(_ bytes: [UInt8], line: RequestLine, entries: [HTTPFields.Entry]) throws(RequestError) {
        let span = bytes.span
        method = HTTPMethod(rawValue: String(decoding: bytes[line.method], as: UTF8.self))
        minorVersion = line.minorVersion
        parts = try RequestTarget(line.target, of: method, in: span)
        var messageFraming = MessageFraming()
        for entry in entries { try messageFraming.read(entry, in: span) }
        framing = try messageFraming.framing(minorVersion: minorVersion)
        keepsAlive = messageFraming.keepsAlive(minorVersion: minorVersion)
        expectsContinue = messageFraming.expectsContinue(minorVersion: minorVersion, framing: framing)
        comesFromWebPage = messageFraming.comesFromWebPage
        host = messageFraming.host
        fields = HTTPFields(bytes: bytes, entries: entries)
    }
}
