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
    func `each is an error of the API`(_ error: BackendError, _ expected: OpenAIError, _ retryAfter: Int?) {
        #expect(error.error == expected)
        #expect(error.retryAfter == retryAfter)
        #expect(error.description == expected.message)
    }

    @Test func `a prompt that is too long is told both lengths`() {
        #expect(Self.context.description.contains("1200"))
        #expect(Self.context.description.contains("1024"))
    }
}
