import MartletHTTP
import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ErrorRenderingTests {
    private struct Secret: Error, CustomStringConvertible { let description = "password 1234" }

    /// Each kind of error with its status, then the envelope's `type`, `code` and `param`, then the header fields.
    static let errors: [(any Error, status: Int, envelope: [String?], fields: [String: String])] = [
        (OpenAIError.invalidRequest("m"), 400, ["invalid_request_error", nil, nil], [:]),
        (
            OpenAIError.missingParameter("model", "m"), 400,
            ["invalid_request_error", "missing_required_parameter", "model"], [:]
        ),
        (OpenAIError.invalidValue("top_p", "m"), 400, ["invalid_request_error", "invalid_value", "top_p"], [:]),
        (
            OpenAIError.unsupportedParameter("n", "m"), 400, ["invalid_request_error", "unsupported_parameter", "n"],
            [:]
        ),
        (
            OpenAIError.contextLengthExceeded("input", "m"), 400,
            ["invalid_request_error", "context_length_exceeded", "input"], [:]
        ),
        (
            OpenAIError.invalidAPIKey("m"), 401, ["invalid_request_error", "invalid_api_key", nil],
            ["WWW-Authenticate": "Bearer"]
        ),
        (OpenAIError.permissionDenied("m"), 403, ["invalid_request_error", "permission_denied", nil], [:]),
        (OpenAIError.modelNotFound("m"), 404, ["invalid_request_error", "model_not_found", "model"], [:]),
        (OpenAIError.notFound("m"), 404, ["invalid_request_error", nil, nil], [:]),
        (OpenAIError.payloadTooLarge("m"), 413, ["invalid_request_error", nil, nil], [:]),
        (
            OpenAIError.rateLimitExceeded("m"), 429, ["rate_limit_error", "rate_limit_exceeded", nil],
            ["Retry-After": "1"]
        ),
        (OpenAIError.serverError("m"), 500, ["server_error", "server_error", nil], [:]),
        (
            OpenAIError.notImplemented("m"), 501, ["not_implemented", "not_implemented", nil],
            ["x-should-retry": "false"]
        ),
        (OpenAIError.serviceUnavailable("m"), 503, ["server_error", "service_unavailable", nil], ["Retry-After": "1"]),
        (OpenAIError.timeout("m"), 504, ["server_error", "timeout", nil], [:]),
        (
            BackendError.notSupported("m"), 501, ["not_implemented", "not_implemented", nil],
            ["x-should-retry": "false"]
        ),
        (
            BackendError.rateLimited("m", retryAfter: 30), 429, ["rate_limit_error", "rate_limit_exceeded", nil],
            ["Retry-After": "30"]
        ),
        (
            BackendError.unavailable("m", retryAfter: 0), 503, ["server_error", "service_unavailable", nil],
            ["Retry-After": "0"]
        ),
        (BackendError.timedOut("m"), 504, ["server_error", "timeout", nil], [:]),
        (
            Admission.Refusal.full(position: 3, retryAfter: 7), 429, ["rate_limit_error", "rate_limit_exceeded", nil],
            ["Retry-After": "7", "retry-after-ms": "7000"]
        ),
        (
            LimitRefusal(.requestsPerMinute, limit: 3, wait: .milliseconds(1200)), 429,
            ["rate_limit_error", "rate_limit_exceeded", nil], ["Retry-After": "2", "retry-after-ms": "1200"]
        ),
        (RequestError(.badRequest, "m"), 400, ["invalid_request_error", nil, nil], [:]),
        (RequestError(.requestTimeout, "m"), 408, ["invalid_request_error", nil, nil], [:]),
        (RequestError(.contentTooLarge, "m"), 413, ["invalid_request_error", nil, nil], [:]),
        (RequestError(.expectationFailed, "m"), 417, ["invalid_request_error", nil, nil], [:]),
        (RequestError(.requestHeaderFieldsTooLarge, "m"), 431, ["invalid_request_error", nil, nil], [:]),
        (RequestError(.httpVersionNotSupported, "m"), 505, ["invalid_request_error", nil, nil], [:]),
        (CancellationError(), 500, ["server_error", "server_error", nil], [:]),
        (Secret(), 500, ["server_error", "server_error", nil], [:]),
    ]

    /// The members of the envelope's `error`.
    private static func members(_ json: [UInt8]) throws -> JSONObject {
        let envelope = try #require(try JSONValue(parsing: json).object)
        #expect(envelope.map(\.key) == ["error"])
        return try #require(envelope["error"]?.object)
    }

    @Test(arguments: errors)
    func `each error has a status, an envelope of four members and header fields`(
        _ error: any Error, _ status: Int, _ envelope: [String?], _ fields: [String: String]
    ) throws {
        let response = ErrorRendering.response(error)
        #expect(response.head.status.code == status)
        let members = try Self.members(response.body)
        #expect(members.map(\.key) == ["message", "type", "param", "code"])
        #expect(
            [members["type"], members["code"], members["param"]] == envelope.map { $0.map(JSONValue.string) ?? .null })
        #expect(members["message"]?.string?.isEmpty == false)
        #expect(
            Dictionary(uniqueKeysWithValues: response.head.fields.map { ($0.name, $0.value) })
                == fields.merging(["Content-Type": "application/json"]) { $1 })
    }

    @Test func `any message reaches the client unchanged`() throws {
        let message = "\"quoted\"\r\n\u{2028}😀 \\ \0"
        for error in [OpenAIError.invalidRequest(message), BackendError.failed(message)] as [any Error] {
            #expect(try Self.members(ErrorRendering.response(error).body)["message"] == .string(message))
        }
    }

    @Test func `an error that is not meant for clients reveals no details`() {
        let response = ErrorRendering.response(Secret())
        #expect(!String(decoding: response.body, as: UTF8.self).contains("1234"))
    }

    @Test func `a 405 lists the allowed methods`() {
        let response = ErrorRendering.response(OpenAIError.methodNotAllowed("m"), allow: "GET, HEAD")
        #expect(response.head.status == .methodNotAllowed)
        #expect(response.head.fields.values(of: "Allow") == ["GET, HEAD"])
    }

    @Test(arguments: [OpenAIError.serverError("a\r\n\r\nb"), BackendError.timedOut("late"), Secret()] as [any Error])
    func `in a stream an error is one event, followed by the end`(_ error: any Error) throws {
        var bytes: [UInt8] = []
        #expect(OpenAIErrors().appendEnd(ErrorRendering.describe(error).error, to: &bytes))
        let frames = try Frames(String(decoding: bytes, as: UTF8.self))
        #expect(frames.objects == [try #require(try JSONValue(parsing: ErrorRendering.response(error).body).object)])
    }
}
