public import MartletJSON

/// An error of OpenAI's API: an HTTP status and the four members of the error envelope.
///
/// A backend throws one to choose the status and the message that the client gets. Errors of other types become a
/// `serverError`, except `BackendError`, which contains an `OpenAIError`.
public struct OpenAIError: Error, Sendable, Equatable {
    /// The HTTP status; it is not sent if the response head has already been sent.
    public var status: Int
    /// A sentence that explains the error to a person.
    public var message: String
    /// The class of the error, such as `invalid_request_error`.
    public var type: String
    /// The path of the invalid member of the request, such as `messages[0].content[1].type`.
    public var param: String?
    /// The specific error, such as `context_length_exceeded`, for programs.
    public var code: String?

    /// Creates an error with custom members. The static functions create the common errors.
    public init(
        status: Int, message: String, type: String = "invalid_request_error", param: String? = nil,
        code: String? = nil
    ) {
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code
    }
}

extension OpenAIError: JSONWritable {
    /// Writes the envelope `{"error":{...}}` with all four members; missing values are `null`.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.object("error") { writer in
                writer.member("message", message)
                writer.member("type", type)
                writer.member("param", param)
                writer.member("code", code)
            }
        }
    }
}

extension OpenAIError: CustomStringConvertible {
    public var description: String { message }
}

// MARK: Client errors

extension OpenAIError {
    /// 400: the body as a whole is invalid.
    public static func invalidRequest(_ message: String) -> OpenAIError {
        OpenAIError(status: 400, message: message)
    }

    /// 400 `missing_required_parameter`.
    public static func missingParameter(_ param: String, _ message: String) -> OpenAIError {
        OpenAIError(status: 400, message: message, param: param, code: "missing_required_parameter")
    }

    /// 400 `invalid_value`: a member has the wrong type or is out of range.
    public static func invalidValue(_ param: String, _ message: String) -> OpenAIError {
        OpenAIError(status: 400, message: message, param: param, code: "invalid_value")
    }

    /// 400 `unsupported_parameter`: a member is valid but not supported.
    public static func unsupportedParameter(_ param: String, _ message: String) -> OpenAIError {
        OpenAIError(status: 400, message: message, param: param, code: "unsupported_parameter")
    }

    /// 400 `unknown_parameter`: a member has an unknown name, on a server with strict parameters.
    public static func unknownParameter(_ param: String, _ message: String) -> OpenAIError {
        OpenAIError(status: 400, message: message, param: param, code: "unknown_parameter")
    }

    /// 400 `context_length_exceeded`; `param` is `messages`, `prompt` or `input`.
    public static func contextLengthExceeded(_ param: String, _ message: String) -> OpenAIError {
        OpenAIError(status: 400, message: message, param: param, code: "context_length_exceeded")
    }

    /// 401 `invalid_api_key`.
    public static func invalidAPIKey(_ message: String) -> OpenAIError {
        OpenAIError(status: 401, message: message, code: "invalid_api_key")
    }

    /// 403: the caller does not have the permission.
    public static func permissionDenied(_ message: String) -> OpenAIError {
        OpenAIError(status: 403, message: message, code: "permission_denied")
    }

    /// 404 `model_not_found`.
    public static func modelNotFound(_ id: String) -> OpenAIError {
        let name = id.utf8.count <= 256 ? "The model `\(id)`" : "The model"
        let message = "\(name) does not exist. GET /v1/models lists the models there are."
        return OpenAIError(status: 404, message: message, param: "model", code: "model_not_found")
    }

    /// 404: nothing is served at this path.
    public static func notFound(_ message: String) -> OpenAIError {
        OpenAIError(status: 404, message: message)
    }

    /// 405: the path is served for other methods.
    public static func methodNotAllowed(_ message: String) -> OpenAIError {
        OpenAIError(status: 405, message: message)
    }

    /// 413: the body exceeds the server's limit.
    public static func payloadTooLarge(_ message: String) -> OpenAIError {
        OpenAIError(status: 413, message: message)
    }
}

// MARK: Server errors

extension OpenAIError {
    /// 429 `rate_limit_exceeded`: try again later.
    public static func rateLimitExceeded(_ message: String) -> OpenAIError {
        OpenAIError(status: 429, message: message, type: "rate_limit_error", code: "rate_limit_exceeded")
    }

    /// 500 `server_error`.
    public static func serverError(_ message: String) -> OpenAIError {
        OpenAIError(status: 500, message: message, type: "server_error", code: "server_error")
    }

    /// 501 `not_implemented`: Martlet or the backend does not implement the endpoint.
    public static func notImplemented(_ message: String) -> OpenAIError {
        OpenAIError(status: 501, message: message, type: "not_implemented", code: "not_implemented")
    }

    /// 503 `service_unavailable`: the server is starting or draining.
    public static func serviceUnavailable(_ message: String) -> OpenAIError {
        OpenAIError(status: 503, message: message, type: "server_error", code: "service_unavailable")
    }

    /// 504 `timeout`: the backend did not respond in time.
    public static func timeout(_ message: String) -> OpenAIError {
        OpenAIError(status: 504, message: message, type: "server_error", code: "timeout")
    }
}
