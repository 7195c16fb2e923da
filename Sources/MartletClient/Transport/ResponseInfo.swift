public import MartletHTTP
internal import MartletJSON

/// The HTTP response behind a typed reply, for values that the type does not cover.
public struct ResponseInfo: Sendable {
    public var status: HTTPStatus
    /// The header fields.
    public var fields: HTTPFields
    /// The content; empty for a stream.
    public var body: [UInt8]
    /// The number of attempts, the first included.
    public var attempts: Int

    /// The server's `x-request-id`, or Anthropic's `request-id`.
    public var requestID: String? { fields.requestID }
}

extension HTTPFields {
    /// The server's id of a request.
    var requestID: String? { self["x-request-id"] ?? self["request-id"] }
}

/// A complete response whose content is a JSON object.
struct JSONResponse: Sendable {
    var info: ResponseInfo
    var json: JSONObject
}

extension ResponseInfo {
    /// The content as JSON.
    func value() throws(ClientError) -> JSONValue {
        guard let value = try? JSONValue(parsing: body) else {
            throw error("decode response: \(body.isEmpty ? "it is empty" : "it is not JSON") (\(body.count) bytes)")
        }
        if var error = ClientError(in: value, fields: fields) {
            error.body = body
            throw error
        }
        return value
    }

    /// The content as a JSON object.
    func object() throws(ClientError) -> JSONObject {
        guard let object = try value().object else {
            throw error("decode response: it is not a JSON object (\(body.count) bytes)")
        }
        return object
    }

    func error(_ message: String) -> ClientError {
        var error = ClientError(.badResponse, message)
        error.fields = fields
        error.body = body
        error.attempts = attempts
        return error
    }
}
