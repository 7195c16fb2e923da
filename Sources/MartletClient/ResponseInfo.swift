public import MartletHTTP
internal import MartletJSON

/// A response as it came, for what the typed values do not tell. Nothing of Martlet's branches on it.
public struct ResponseInfo: Sendable {
    /// The status.
    public var status: HTTPStatus
    /// The fields.
    public var fields: HTTPFields
    /// The content; empty for a stream, whose events are told one by one.
    public var body: [UInt8]
    /// How often the request was sent.
    public var attempts: Int

    /// What the server calls the request.
    public var requestID: String? { fields["x-request-id"] }
}

/// A response that was read whole, and its content as the JSON object that it is.
struct WholeResponse: Sendable {
    var info: ResponseInfo
    var json: JSONObject
}
