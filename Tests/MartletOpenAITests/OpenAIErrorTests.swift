import MartletJSON
import MartletOpenAI
import Testing

struct OpenAIErrorTests {
    @Test func `the envelope always has all four keys`() {
        var writer = JSONWriter()
        writer.value(OpenAIError.invalidRequest("A \"bad\" body."))
        let expected =
            #"{"error":{"message":"A \"bad\" body.","type":"invalid_request_error","param":null,"code":null}}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func `an unknown model is named in the envelope that clients map to NotFoundError`() throws {
        var writer = JSONWriter()
        writer.value(OpenAIError.modelNotFound("x"))
        let error = try #require(try JSONValue(parsing: writer.bytes).object?["error"]?.object)
        #expect(error["message"]?.string?.contains("`x`") == true)
        #expect(error["param"] == "model")
        #expect(error["code"] == "model_not_found")
    }

    @Test func `an overlong model id is not repeated`() {
        let error = OpenAIError.modelNotFound(String(repeating: "x", count: 1_000_000))
        #expect(error.message.utf8.count < 400)
    }

    @Test(
        arguments: [
            (OpenAIError.invalidRequest("."), 400, "invalid_request_error", nil, nil),
            (.missingParameter("p", "."), 400, "invalid_request_error", "missing_required_parameter", "p"),
            (.invalidValue("p", "."), 400, "invalid_request_error", "invalid_value", "p"),
            (.unsupportedParameter("p", "."), 400, "invalid_request_error", "unsupported_parameter", "p"),
            (.contextLengthExceeded("prompt", "."), 400, "invalid_request_error", "context_length_exceeded", "prompt"),
            (.invalidAPIKey("."), 401, "invalid_request_error", "invalid_api_key", nil),
            (.permissionDenied("."), 403, "invalid_request_error", "permission_denied", nil),
            (.modelNotFound("m"), 404, "invalid_request_error", "model_not_found", "model"),
            (.notFound("."), 404, "invalid_request_error", nil, nil),
            (.methodNotAllowed("."), 405, "invalid_request_error", nil, nil),
            (.payloadTooLarge("."), 413, "invalid_request_error", nil, nil),
            (.rateLimitExceeded("."), 429, "rate_limit_error", "rate_limit_exceeded", nil),
            (.serverError("."), 500, "server_error", "server_error", nil),
            (.notImplemented("."), 501, "not_implemented", "not_implemented", nil),
            (.serviceUnavailable("."), 503, "server_error", "service_unavailable", nil),
            (.timeout("."), 504, "server_error", "timeout", nil),
        ] as [(OpenAIError, Int, String, String?, String?)])
    func `each kind of error has its status, type, code and param`(
        error: OpenAIError, status: Int, type: String, code: String?, param: String?
    ) {
        #expect(error.status == status)
        #expect(error.type == type)
        #expect(error.code == code)
        #expect(error.param == param)
    }
}
