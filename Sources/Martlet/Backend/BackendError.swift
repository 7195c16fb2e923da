package import MartletConstraint

/// An error with a status and a message for the client. A backend throws it where a plain 500 would say too little.
public struct BackendError: Error, Sendable, CustomStringConvertible {
    /// The status and the members of the error envelope.
    public let error: OpenAIError
    /// The value of `Retry-After`, in seconds; nil sends no such field.
    public let retryAfter: Int?

    private init(_ error: OpenAIError, retryAfter: Int? = nil) {
        self.error = error
        self.retryAfter = retryAfter
    }

    public var description: String { error.message }

    /// 501: the backend does not support the operation. For wrappers that conform to every refinement.
    public static func notSupported(_ message: String) -> BackendError { BackendError(.notImplemented(message)) }

    /// 400: a value of the request is invalid. `param` is its path, such as `messages[0].content`.
    public static func invalidValue(_ param: String, _ message: String) -> BackendError {
        BackendError(.invalidValue(param, message))
    }

    /// 400: the prompt leaves no room for the generation.
    ///
    /// The message has OpenAI's wording, or vLLM's for embedding inputs: LiteLLM, aider and others recognize the error
    /// by it.
    ///
    /// - Parameters:
    ///   - param: `messages`, `prompt` or `input`.
    ///   - promptTokens: The number of tokens in the prompt, including those of the chat template.
    ///   - completionTokens: The maximum number of tokens that the request wants generated.
    ///   - contextLength: The maximum number of tokens of both together.
    public static func contextLengthExceeded(
        _ param: String, promptTokens: Int, completionTokens: Int = 1, contextLength: Int
    ) -> BackendError {
        let limit = "This model's maximum context length is \(contextLength) tokens"
        let (sum, isTooLarge) = promptTokens.addingReportingOverflow(completionTokens)
        let total = isTooLarge ? Int.max : sum
        let sentence =
            switch param {
            case "prompt":
                "\(limit), however you requested \(total) tokens (\(promptTokens) in your prompt; \(completionTokens) "
                    + "for the completion). Please reduce your prompt."
            case "input":
                "\(limit). However, you requested \(promptTokens) tokens in the input for embedding generation. "
                    + "Please reduce the length of the input."
            case _ where promptTokens > contextLength:
                "\(limit). However, your \(param) resulted in \(promptTokens) tokens. Please reduce the length of the "
                    + "\(param)."
            default:
                "\(limit). However, you requested \(total) tokens (\(promptTokens) in the \(param), "
                    + "\(completionTokens) in the completion). Please reduce the length of the \(param)."
            }
        return BackendError(.contextLengthExceeded(param, sentence))
    }

    /// 404: the model does not exist, or no longer exists.
    public static func modelNotFound(_ id: String) -> BackendError { BackendError(.modelNotFound(id)) }

    /// 429: there are too many requests at the moment. `seconds` is sent as `Retry-After`.
    public static func rateLimited(_ message: String, retryAfter seconds: Int = 1) -> BackendError {
        BackendError(.rateLimitExceeded(message), retryAfter: seconds)
    }

    /// 503: the backend cannot serve requests at the moment. `seconds` is sent as `Retry-After`.
    public static func unavailable(_ message: String, retryAfter seconds: Int = 1) -> BackendError {
        BackendError(.serviceUnavailable(message), retryAfter: seconds)
    }

    /// 504: the operation took too long.
    public static func timedOut(_ message: String) -> BackendError { BackendError(.timeout(message)) }

    /// 504: the request's deadline has passed.
    package static var deadlineExceeded: BackendError { .timedOut("The answer took longer than this server allows.") }

    /// 503: the request has waited for its turn as long as the server lets requests wait.
    static func waitedTooLong(_ time: Duration, retryAfter seconds: Int) -> BackendError {
        .unavailable(
            "The request has waited \(RetryDelay.sentence(time)) for its turn, the longest wait that this server allows. "
                + "Please try again in \(seconds)s.", retryAfter: seconds)
    }

    /// 400: a text that has begun cannot follow the request's constraint any further, because that needs too many states or
    /// the model cannot write what must come.
    package static func constraintFailed(_ error: ConstraintError) -> BackendError {
        BackendError(
            OpenAIError(
                status: 400, message: error.message,
                code: error.kind == .tooComplex ? "constraint_too_complex" : "constraint_unsatisfiable"))
    }

    /// 500 with a message that is sent to the client. Errors of other types become a 500 without details.
    public static func failed(_ message: String) -> BackendError { BackendError(.serverError(message)) }
}
