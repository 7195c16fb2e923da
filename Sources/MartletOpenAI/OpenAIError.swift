public import MartletJSON

/// A failure as OpenAI clients see it: an HTTP status and the four members of the error envelope.
///
/// Throw one from a backend to choose what the client is told; anything else a backend throws becomes a
/// `serverError`.
public struct OpenAIError: Error, Sendable, Equatable {
    /// The HTTP status, when no response has been sent yet.
    public var status: Int
    /// A sentence for people.
    public var message: String
    /// The family of the error, such as `invalid_request_error`.
    public var type: String
    /// The path of the request's member that is at fault, such as `messages[0].content[1].type`.
    public var param: String?
    /// The exact error, for programs, such as `context_length_exceeded`.
    public var code: String?

    /// An error with members of your own choosing; the static functions make the usual ones.
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
    /// Writes the envelope `{"error":{...}}` with all four members, `null` where there is nothing to say.
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

// MARK: The request is at fault

extension OpenAIError {
    /// 400: the body cannot be understood as a whole.
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

    /// 400 `unsupported_parameter`: a member is understood and cannot be honoured.
    public static func unsupportedParameter(_ param: String, _ message: String) -> OpenAIError {
        OpenAIError(status: 400, message: message, param: param, code: "unsupported_parameter")
    }

    /// 400 `unknown_parameter`: a member has a name that means nothing, where the server is strict about that.
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

    /// 403: the caller is known and may not do this.
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

    /// 413: the body is longer than the server takes.
    public static func payloadTooLarge(_ message: String) -> OpenAIError {
        OpenAIError(status: 413, message: message)
    }
}

// MARK: The server is at fault, or busy

extension OpenAIError {
    /// 429 `rate_limit_exceeded`: try again later.
    public static func rateLimitExceeded(_ message: String) -> OpenAIError {
        OpenAIError(status: 429, message: message, type: "rate_limit_error", code: "rate_limit_exceeded")
    }

    /// 500 `server_error`.
    public static func serverError(_ message: String) -> OpenAIError {
        OpenAIError(status: 500, message: message, type: "server_error", code: "server_error")
    }

    /// 501 `not_implemented`: the backend, or Martlet, does not have this endpoint.
    public static func notImplemented(_ message: String) -> OpenAIError {
        OpenAIError(status: 501, message: message, type: "not_implemented", code: "not_implemented")
    }

    /// 503 `service_unavailable`: the server is starting or draining.
    public static func serviceUnavailable(_ message: String) -> OpenAIError {
        OpenAIError(status: 503, message: message, type: "server_error", code: "service_unavailable")
    }

    /// 504 `timeout`: the backend did not answer in time.
    public static func timeout(_ message: String) -> OpenAIError {
        OpenAIError(status: 504, message: message, type: "server_error", code: "timeout")
    }
}
