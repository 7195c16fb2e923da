/// A whole HTTP request: its head, its body, and the ids it goes by.
public struct HTTPRequest: Sendable {
    /// Method, target and fields, as the client sent them.
    public var head: RequestHead
    /// The content, without chunk framing. Never larger than the route's body limit.
    public var body: [UInt8]
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
        self.body = body
        self.requestID = requestID
        self.uniqueID = uniqueID
        self.arrival = arrival
    }

    /// The head's method.
    public var method: HTTPMethod { head.method }
    /// The head's path, not percent-decoded.
    public var path: String { head.path }
    /// The parameters behind the target's `?`. Read anew at each use: keep it where several are wanted.
    public var query: HTTPQuery { HTTPQuery(head.query) }
    /// The head's fields.
    public var fields: HTTPFields { head.fields }
}
