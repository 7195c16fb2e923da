/// The status and fields of a response. The connection adds `Date`, `x-request-id`, `Connection` and the framing fields.
public struct ResponseHead: Sendable {
    /// Must not be an interim status.
    public var status: HTTPStatus
    /// The fields, in the order they are sent.
    public var fields: HTTPFields

    /// A head; 200 without fields unless they are given.
    public init(_ status: HTTPStatus = .ok, fields: HTTPFields = HTTPFields()) {
        self.status = status
        self.fields = fields
    }
}

/// A complete response: a head and its content.
public struct HTTPResponse: Sendable {
    /// Status and fields; without the framing fields.
    public var head: ResponseHead
    /// The content. The connection sends its length, and no content in response to HEAD.
    public var body: [UInt8]

    /// A response with content of any type; `fields` should contain its `Content-Type`.
    public init(_ status: HTTPStatus = .ok, fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
        self.head = ResponseHead(status, fields: fields)
        self.body = body
    }

    /// A response whose content is JSON text.
    public init(_ status: HTTPStatus = .ok, json: [UInt8]) {
        self.init(status, fields: Self.jsonFields, body: json)
    }

    /// A response of plain text.
    public init(_ status: HTTPStatus = .ok, text: String) {
        self.init(status, fields: Self.textFields, body: Array(text.utf8))
    }

    private static let jsonFields: HTTPFields = ["Content-Type": "application/json"]
    private static let textFields: HTTPFields = ["Content-Type": "text/plain; charset=utf-8"]
}
