internal import MartletHTTP
internal import MartletJSON

/// Which API's words an error is told in.
enum ErrorFormat: Sendable {
    /// An envelope with four members; in a stream an event, and `[DONE]`.
    case openAI
    /// A sentence under `error`; in a stream a line.
    case ollama
    /// Anthropic's envelope, with types of its own. Nothing of its API is streamed here.
    case anthropic
    /// OpenAI's, for want of a better one; a stream breaks off, for only the route knows its format.
    case customRoute

    /// The body of a reply.
    func body(_ error: OpenAIError) -> [UInt8] {
        var writer = JSONWriter()
        switch self {
        case .openAI, .customRoute: writer.value(error)
        case .ollama: writer.object { $0.member("error", error.message) }
        case .anthropic:
            writer.object { writer in
                writer.member("type", "error")
                writer.object("error") { writer in
                    writer.member("type", Self.anthropicType(of: error.status))
                    writer.member("message", error.message)
                }
            }
        }
        return writer.bytes
    }

    /// Anthropic's documentation, "Errors": other statuses of the 4xx range have the type of 400.
    private static func anthropicType(of status: Int) -> String {
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

    /// Appends the last frames of a stream that an error has ended.
    func append(_ error: OpenAIError, to bytes: inout [UInt8]) {
        switch self {
        case .openAI:
            ServerSentEvents.append(to: &bytes) { $0.append(contentsOf: body(error)) }
            bytes.append(contentsOf: ServerSentEvents.done)
        case .ollama:
            bytes += body(error)
            bytes.append(UInt8(ascii: "\n"))
        case .customRoute, .anthropic: break
        }
    }
}
