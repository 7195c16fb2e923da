internal import MartletUV

/// A whole HTTP request: its head, its body, and the ids it goes by.
public struct HTTPRequest: Sendable {
    /// Method, target and fields, as the client sent them.
    public var head: RequestHead
    private var small: [UInt8] = []
    private var large: LargeBody?
    /// The value of `x-request-id`: the client's, if it sent a sane one, otherwise made here.
    public var requestID: String
    /// 24 hexadecimal digits that practically no other request has, whatever the client sent.
    public var uniqueID: String

    /// What stands in the path where the route has `{name}`, percent-decoded, by that name.
    public package(set) var parameters: [String: String] = [:]

    /// When the request was here whole.
    public var arrival: ContinuousClock.Instant

    /// A request as a connection hands it on.
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

    /// Frees a large body, which is then empty in all copies of the request.
    package func dropLargeBody() { large?.drop() }

    /// The head's method.
    public var method: HTTPMethod { head.method }
    /// The head's path, not percent-decoded.
    public var path: String { head.path }
    /// The parameters behind the target's `?`. Read anew at each use: keep it where several are wanted.
    public var query: HTTPQuery { HTTPQuery(head.query) }
    /// The head's fields.
    public var fields: HTTPFields { head.fields }
}

/// A body that is worth freeing before its request is over; the request's copies share it.
private final class LargeBody: Sendable {
    private let content: Locked<[UInt8]>

    init(_ bytes: [UInt8]) { content = Locked(bytes) }

    var bytes: [UInt8] { content.withLock { $0 } }
    func drop() { content.withLock { $0 = [] } }
}
