internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// Anthropic's error envelope. In a stream it is an event `error`, after which nothing follows.
struct MessagesErrors: ErrorEnvelope {
    /// Anthropic's names of OpenAI's parameters, for errors of backends.
    static let names = ParameterNames([
        "max_completion_tokens": "max_tokens", "stop": "stop_sequences", "response_format": "output_config.format",
        "reasoning_effort": "output_config.effort", "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
    ])

    /// The code of the error for requests with `thread`. Anthropic's SDKs read it as `details.error_code`.
    static let unsupportedThread = "thread_unsupported_request"

    var requestIDField: StaticString? { "request-id" }

    /// Anthropic's status for a server that cannot take the request now is 529.
    func status(_ error: OpenAIError) -> Int { error.status == 503 ? 529 : error.status }

    func body(_ error: OpenAIError) -> [UInt8] { body(error, requestID: nil) }

    func body(_ error: OpenAIError, requestID: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", "error")
            writer.object("error") { writer in
                writer.member("type", Self.type(of: error.status))
                writer.member("message", Self.message(of: error))
                if error.code == Self.unsupportedThread {
                    writer.object("details") { writer in
                        writer.member("error_code", Self.unsupportedThread)
                        writer.array("unsupported") { _ in }
                    }
                }
            }
            if let requestID { writer.member("request_id", requestID) }
        }
        return writer.bytes
    }

    func appendEnd(_ error: OpenAIError, to bytes: inout [UInt8]) -> Bool {
        append(error, requestID: nil, to: &bytes)
        return true
    }

    /// Appends the event that ends a stream.
    func append(_ error: OpenAIError, requestID: String?, to bytes: inout [UInt8]) {
        ServerSentEvents.beginEvent(named: "error", to: &bytes)
        bytes.append(contentsOf: body(error, requestID: requestID))
        ServerSentEvents.endEvent(to: &bytes)
    }

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

    private static func message(of error: OpenAIError) -> String {
        error.code == "context_length_exceeded" ? contextMessage(of: error) : names.message(of: error)
    }

    /// The sentences by which Anthropic's clients recognize that they have to compact a conversation, or to ask for fewer
    /// tokens, with the numbers of OpenAI's sentence.
    private static func contextMessage(of error: OpenAIError) -> String {
        let numbers = error.message.split { !$0.isASCII || !$0.isNumber }.compactMap { Int($0) }
        switch numbers.count {
        case 2 where numbers[1] > numbers[0]:
            return "prompt is too long: \(numbers[1]) tokens > \(numbers[0]) maximum"
        case 4 where numbers[2] <= numbers[0]:
            return "input length and `max_tokens` exceed context limit: \(numbers[2]) + \(numbers[3]) > \(numbers[0]), "
                + "decrease input length or `max_tokens` and try again"
        default: return "prompt is too long: \(error.message)"
        }
    }
}
