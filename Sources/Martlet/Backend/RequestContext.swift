/// What is known of a request besides its decoded fields.
public struct RequestContext: Sendable {
    /// Names the request in logs and in the `x-request-id` header.
    public var requestID: String
    /// Who asks, if that was established.
    public var principal: String?
    /// When the answer is of no more use.
    public var deadline: ContinuousClock.Instant?
    /// The header fields in the order they came.
    public var headers: [(name: String, value: String)]
    /// The body as it came.
    public var body: [UInt8]

    /// A context of which nothing is known but what is given.
    public init(
        requestID: String = "", principal: String? = nil, deadline: ContinuousClock.Instant? = nil,
        headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.requestID = requestID
        self.principal = principal
        self.deadline = deadline
        self.headers = headers
        self.body = body
    }

    /// The value of the first header field of that name; names are compared without case (RFC 9110 section 5.1).
    public func header(_ name: String) -> String? {
        headers.first { field in
            field.name.utf8.count == name.utf8.count
                && zip(field.name.utf8, name.utf8).allSatisfy { Self.lowercased($0) == Self.lowercased($1) }
        }?.value
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
