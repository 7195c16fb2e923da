internal import MartletHTTP
internal import MartletOpenAI

extension APIDialect {
    /// OpenAI's Responses API. Responses are not stored.
    static let responses = APIDialect(
        name: "OpenAI Responses",
        // Some clients' base URL lacks it.
        prefix: "/v1",
        endpoints: [
            "/responses": [
                .post: .model(
                    "Responses", { $0.chat != nil }, requires: .permission(.infer), { try await $0.createResponse($1) })
            ],
            "/responses/input_tokens": [
                .post: .model(
                    "Counts of input tokens", { $0.tokenizing != nil }, requires: .permission(.infer),
                    { try await $0.countInputTokens($1) })
            ],
            "/responses/": [
                .get: .read { _, head, _ throws(OpenAIError) in throw notStored(head) },
                .delete: .read { _, head, _ throws(OpenAIError) in throw notStored(head) },
                .post: .read { _, head, _ throws(OpenAIError) in
                    if head.path.hasSuffix("/cancel") { throw notStored(head) }
                    throw .notImplemented("Martlet does not implement \(head.method) \(RoutePath(head.path).text.prefix(256)).")
                },
            ],
        ],
        errors: ResponsesErrors())

    /// 404, and not 501: the path is right, and clients that delete what they have used expect this status of a response that
    /// has expired.
    private static func notStored(_ head: RequestHead) -> OpenAIError {
        let segments = RoutePath(head.path).text.split(separator: "/").drop { $0 != "responses" }.dropFirst()
        let id = PercentEncoding.decoded(String(segments.first ?? ""))
        let name = id.utf8.count <= 256 ? "Response with id '\(id)'" : "The response"
        return .notFound(
            "\(name) not found: this server stores no responses. Send the whole conversation as `input` instead.")
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
