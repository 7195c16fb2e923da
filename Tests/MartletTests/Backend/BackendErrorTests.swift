import MartletOpenAI
import Testing

@testable import Martlet

struct BackendErrorTests {
    private static let context = BackendError.contextLengthExceeded("prompt", promptTokens: 1_200, contextLength: 1_024)

    static let errors: [(error: BackendError, expected: OpenAIError, retryAfter: Int?)] = [
        (.notSupported("no"), .notImplemented("no"), nil),
        (.invalidValue("messages[0].content", "no"), .invalidValue("messages[0].content", "no"), nil),
        (context, .contextLengthExceeded("prompt", context.description), nil),
        (.modelNotFound("x"), .modelNotFound("x"), nil),
        (.rateLimited("no"), .rateLimitExceeded("no"), 1),
        (.rateLimited("no", retryAfter: 30), .rateLimitExceeded("no"), 30),
        (.unavailable("no"), .serviceUnavailable("no"), 1),
        (.unavailable("no", retryAfter: 0), .serviceUnavailable("no"), 0),
        (.timedOut("no"), .timeout("no"), nil),
        (.failed("no"), .serverError("no"), nil),
    ]

    @Test(arguments: errors)
    func `each has a status, type and code of the API`(
        _ error: BackendError, _ expected: OpenAIError, _ retryAfter: Int?
    ) {
        #expect(error.error == expected)
        #expect(error.retryAfter == retryAfter)
        #expect(error.description == expected.message)
    }

    private static let limit = "This model's maximum context length is 256 tokens"

    static let sentences: [(param: String, promptTokens: Int, completionTokens: Int, sentence: String)] = [
        (
            "messages", 1010, 7,
            "\(limit). However, your messages resulted in 1010 tokens. Please reduce the length of the messages."
        ),
        (
            "messages", 256, 7,
            "\(limit). However, you requested 263 tokens (256 in the messages, 7 in the completion). Please reduce the "
                + "length of the messages."
        ),
        (
            "prompt", 1010, 16,
            "\(limit), however you requested 1026 tokens (1010 in your prompt; 16 for the completion). Please reduce "
                + "your prompt."
        ),
        (
            "prompt", 256, .max,
            "\(limit), however you requested \(Int.max) tokens (256 in your prompt; \(Int.max) for the completion). "
                + "Please reduce your prompt."
        ),
        (
            "input", 300, 0,
            "\(limit). However, you requested 300 tokens in the input for embedding generation. Please reduce the length "
                + "of the input."
        ),
    ]

    @Test(arguments: sentences)
    func `context_length_exceeded has the wording that clients recognize`(
        _ param: String, _ promptTokens: Int, _ completionTokens: Int, _ sentence: String
    ) {
        let error = BackendError.contextLengthExceeded(
            param, promptTokens: promptTokens, completionTokens: completionTokens, contextLength: 256)
        #expect(error.error == .contextLengthExceeded(param, sentence))
    }
}
