internal import MartletHTTP
internal import MartletOpenAI

extension APIDialect {
    /// OpenAI's Responses API.
    static let responses = APIDialect(
        name: "OpenAI Responses",
        // Some clients' base URL lacks it.
        prefix: "/v1",
        endpoints: [
            "/responses": [
                .post: .model(
                    "Responses", { $0.chat != nil }, requires: .permission(.infer), relayedAs: .responses,
                    { try await $0.createResponse($1) })
            ],
            "/responses/input_tokens": [
                .post: .model(
                    "Counts of input tokens", { $0.tokenizing != nil }, requires: .permission(.infer),
                    relayedAs: .inputTokens, { try await $0.countInputTokens($1) })
            ],
            // Otherwise it would be a stored response of that id.
            StoredResponses.absentPath: [:],
            StoredResponses.path: [
                .get: .task(requires: .permission(.infer)) { try await $0.storedResponse($1, $2, $3) },
                .post: .task(requires: .permission(.infer)) { try await $0.storedResponse($1, $2, $3) },
                .delete: .task(requires: .permission(.infer)) { try await $0.storedResponse($1, $2, $3) },
            ],
        ],
        errors: ResponsesErrors(), absent: [AbsentPart(StoredResponses.absentPath, prefix: "/v1", .exactly)])
}

/// The paths of responses that were stored.
enum StoredResponses {
    /// Without the API's prefix.
    static let path = "/responses/"
    /// Compacting a conversation: a part of the API that is answered with 501.
    static let absentPath = "/responses/compact"
    static let example = "/v1/responses/resp_1"
}

extension APIDialect {
    /// The API without the endpoints of stored responses.
    var withoutStoredResponses: APIDialect {
        var dialect = self
        dialect.endpoints[StoredResponses.path] = nil
        dialect.endpoints[StoredResponses.absentPath] = nil
        return dialect
    }
}

/// OpenAI's error envelope, with the Responses API's names of the parameters that backends name as in chat completions.
struct ResponsesErrors: ErrorEnvelope {
    func body(_ error: OpenAIError) -> [UInt8] { OpenAIErrors().body(Self.translated(error)) }

    /// The end of a stream whose format does not write it: an `error` event.
    func appendEnd(_ error: OpenAIError, to bytes: inout [UInt8]) -> Bool {
        let error = Self.translated(error)
        ServerSentEvents.beginEvent(named: "error", to: &bytes)
        bytes.append { writer in
            writer.object { writer in
                writer.member("type", "error")
                writer.member("code", error.code)
                writer.member("message", error.message)
                writer.member("param", error.param)
                writer.member("sequence_number", 0)
            }
        }
        ServerSentEvents.endEvent(to: &bytes)
        return true
    }

    /// Chat completions' names of parameters that have others here.
    private static let names = [
        "messages": "input", "max_tokens": "max_output_tokens", "max_completion_tokens": "max_output_tokens",
        "response_format": "text.format", "reasoning_effort": "reasoning.effort", "logprobs": "include",
    ]

    /// The error with the names of this API. A place within the messages has no counterpart, since several items may be one
    /// message.
    static func translated(_ error: OpenAIError) -> OpenAIError {
        guard let param = error.param else { return error }
        let chatName = String(param.prefix { $0 != "." && $0 != "[" })
        guard let name = names[chatName] else { return error }
        var error = error
        error.param = name
        error.message = error.message.replacing("`\(param)`", with: "`\(name)`")
            .replacing("`\(chatName)`", with: "`\(name)`")
        return error
    }
}
