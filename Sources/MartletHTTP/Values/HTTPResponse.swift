/// The status and fields of a response. `Date`, `x-request-id`, `Connection` and the framing fields are added on the way out.
public struct ResponseHead: Sendable {
    /// The status code.
    public var status: HTTPStatus
    /// The fields, in the order they are sent.
    public var fields: HTTPFields

    /// A head that says so much.
    public init(_ status: HTTPStatus = .ok, fields: HTTPFields = HTTPFields()) {
        self.status = status
        self.fields = fields
    }
}

/// A whole response: a head and all of its content.
public struct HTTPResponse: Sendable {
    /// Status and fields.
    public var head: ResponseHead
    /// The content; its length is told by the framing.
    public var body: [UInt8]

    /// A response of any kind of content, which `fields` is to name.
    public init(_ status: HTTPStatus = .ok, fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
        self.head = ResponseHead(status, fields: fields)
        self.body = body
    }

    /// A response whose content is JSON text that is already written.
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
