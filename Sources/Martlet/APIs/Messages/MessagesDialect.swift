internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

extension APIDialect {
    /// Anthropic's Messages API. Only its error envelope is implemented.
    static let messages = APIDialect(
        name: "Anthropic", endpoints: [:], errors: MessagesErrors(),
        absent: ["messages", "complete", "organizations"].map { AbsentPart("/\($0)", prefix: "/v1") },
        claims: { $0.fields.contains("anthropic-version") })
}

/// Anthropic's error envelope. None of its endpoints is implemented, so no stream can end with an error.
private struct MessagesErrors: ErrorEnvelope {
    func body(_ error: OpenAIError) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", "error")
            writer.object("error") { writer in
                writer.member("type", Self.type(of: error.status))
                writer.member("message", error.message)
            }
        }
        return writer.bytes
    }

    func appendEnd(_ error: OpenAIError, to bytes: inout [UInt8]) -> Bool { false }

    /// The types in Anthropic's documentation, "Errors". Other 4xx statuses have the type of 400.
    private static func type(of status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 503, 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}
