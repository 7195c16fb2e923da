internal import MartletUV

/// A complete HTTP request: its head, its body and its ids.
public struct HTTPRequest: Sendable {
    /// Method, target and fields, as received.
    public var head: RequestHead
    private var small: [UInt8] = []
    private var large: LargeBody?
    /// The value of `x-request-id`: the client's if it sent an acceptable one, otherwise a generated one.
    public var requestID: String
    /// 24 hexadecimal digits, practically unique and independent of the client.
    public var uniqueID: String

    /// The path's segments at the places of `{name}` in the route, percent-decoded, by name.
    public package(set) var parameters: [String: String] = [:]

    /// When the last byte of the request arrived.
    public var arrival: ContinuousClock.Instant

    /// A request with the given parts, without path parameters.
    public init(
        head: RequestHead, body: [UInt8], requestID: String, uniqueID: String,
        arrival: ContinuousClock.Instant = .now
    ) {
        self.head = head
        self.requestID = requestID
        self.uniqueID = uniqueID
        self.arrival = arrival
        self.body = body
    }

    /// The content, without chunk framing. Never larger than the route's body limit.
    public var body: [UInt8] {
        get { large?.bytes ?? small }
        set {
            large = newValue.count > MemoryBudget.free ? LargeBody(newValue) : nil
            small = large == nil ? newValue : []
        }
    }

    /// Frees a large body; it is then empty in all copies of the request.
    package func dropLargeBody() { large?.drop() }

    /// The same as `head.method`.
    public var method: HTTPMethod { head.method }
    /// The same as `head.path`: not percent-decoded.
    public var path: String { head.path }
    /// The parameters of the target's query. Parsed on each access.
    public var query: HTTPQuery { HTTPQuery(head.query) }
    /// The same as `head.fields`.
    public var fields: HTTPFields { head.fields }
}

/// A body worth freeing before its request ends. All copies of the request share it.
private final class LargeBody: Sendable {
    private let content: Locked<[UInt8]>

    init(_ bytes: [UInt8]) { content = Locked(bytes) }

    var bytes: [UInt8] { content.withLock { $0 } }
    func drop() { content.withLock { $0 = [] } }
}
