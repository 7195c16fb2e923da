/// What a backend throws to have its client told more than "500".
public struct BackendError: Error, Sendable, CustomStringConvertible {
    /// What the client is sent.
    public let error: OpenAIError
    /// Seconds after which the client may try again; sent as `Retry-After`.
    public let retryAfter: Int?

    private init(_ error: OpenAIError, retryAfter: Int? = nil) {
        self.error = error
        self.retryAfter = retryAfter
    }

    public var description: String { error.message }

    /// 501: the backend cannot do this at all. For wrappers that conform to everything.
    public static func notSupported(_ message: String) -> BackendError { BackendError(.notImplemented(message)) }

    /// 400: a value of the request is no good. `param` names it as in `messages[0].content`.
    public static func invalidValue(_ param: String, _ message: String) -> BackendError {
        BackendError(.invalidValue(param, message))
    }

    /// 400: the prompt leaves no room for an answer.
    ///
    /// The sentence is OpenAI's, for inputs to embed vLLM's: LiteLLM, aider and others recognize the error by it.
    ///
    /// - Parameters:
    ///   - param: `messages`, `prompt` or `input`.
    ///   - promptTokens: How many tokens the prompt has, the template's own included.
    ///   - completionTokens: The most tokens that were asked for behind it.
    ///   - contextLength: The most tokens that both may have together.
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

    /// 404: the model is not there (any more).
    public static func modelNotFound(_ id: String) -> BackendError { BackendError(.modelNotFound(id)) }

    /// 429: too much at once; try again.
    public static func rateLimited(_ message: String, retryAfter seconds: Int = 1) -> BackendError {
        BackendError(.rateLimitExceeded(message), retryAfter: seconds)
    }

    /// 503: not now; try again.
    public static func unavailable(_ message: String, retryAfter seconds: Int = 1) -> BackendError {
        BackendError(.serviceUnavailable(message), retryAfter: seconds)
    }

    /// 504: it took too long.
    public static func timedOut(_ message: String) -> BackendError { BackendError(.timeout(message)) }

    /// 500 with a message that the client may read; other errors are 500 with a message that says nothing.
    public static func failed(_ message: String) -> BackendError { BackendError(.serverError(message)) }
}
