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

extension ResponseInfo {
    /// The content as JSON that holds no error.
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

    /// The content as a JSON object that holds no error.
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
