internal import MartletJSON
internal import MartletOpenAI

/// A response as an object: what is known when its request has been decoded, and what becomes of it.
struct ResponseObject: Sendable {
    enum State: Sendable {
        case queued
        case inProgress
        /// The time is in seconds since 1970.
        case completed(at: Int)
        /// The reason is `max_output_tokens` or `content_filter`.
        case incomplete(reason: String)
        case failed(OpenAIError)

        var status: String {
            switch self {
            case .queued: "queued"
            case .inProgress: "in_progress"
            case .completed: "completed"
            case .incomplete: "incomplete"
            case .failed: "failed"
            }
        }
    }

    /// The unique id of the request, without a prefix.
    let id: String
    private let created: Int
    private let model: String
    /// The members that repeat the request, each followed by a comma.
    private let request: [UInt8]

    /// - Parameters:
    ///   - id: The unique id of the request.
    ///   - created: Seconds since 1970.
    init(id: String, created: Int, model: String, _ request: ResponseRequest) {
        (self.id, self.created, self.model) = (id, created, model)
        var writer = JSONWriter()
        writer.object { Self.write(request, to: &$0) }
        self.request = writer.bytes.dropFirst().dropLast() + ",".utf8
    }

    /// - Parameter output: The JSON of the items, separated by commas.
    func append(_ state: State, output: [UInt8], _ usage: Usage?, to bytes: inout [UInt8]) {
        bytes.append("{\"id\":\"resp_")
        bytes.append(utf8: id)
        bytes.append("\",\"object\":\"response\",\"created_at\":")
        bytes.append(decimal: created)
        bytes.append(",\"status\":\"")
        bytes.append(utf8: state.status)
        bytes.append("\",\"model\":")
        bytes.append(jsonString: model)
        bytes.append(",")
        bytes.append(contentsOf: request)
        bytes.append("\"completed_at\":")
        if case .completed(let time) = state { bytes.append(decimal: time) } else { bytes.append("null") }
        bytes.append(",\"error\":")
        if case .failed(let error) = state { Self.append(error, to: &bytes) } else { bytes.append("null") }
        bytes.append(",\"incomplete_details\":")
        if case .incomplete(let reason) = state {
            bytes.append { writer in writer.object { $0.member("reason", reason) } }
        } else {
            bytes.append("null")
        }
        bytes.append(",\"output\":[")
        bytes.append(contentsOf: output)
        bytes.append("],\"usage\":")
        if let usage { Self.append(usage, to: &bytes) } else { bytes.append("null") }
        bytes.append("}")
    }

    // MARK: Parts

    private static func write(_ request: ResponseRequest, to writer: inout JSONWriter) {
        let chat = request.chat
        writer.member("background", request.isBackground)
        writer.member("conversation", .null)
        writer.member("frequency_penalty", 0)
        writer.member("instructions", request.instructions)
        writer.member("max_output_tokens", chat.maxTokens)
        writer.member("max_tool_calls", request.maxToolCalls)
        writer.member("metadata", request.metadata)
        writer.member("moderation", .null)
        writer.member("parallel_tool_calls", chat.parallelToolCalls)
        writer.member("presence_penalty", 0)
        writer.member("previous_response_id", request.previousResponseID)
        writer.member("prompt", .null)
        writer.member("prompt_cache_key", request.promptCacheKey)
        writer.member("prompt_cache_options", .null)
        writer.member("prompt_cache_retention", .null)
        writer.object("reasoning") { writer in
            writer.member("effort", request.reasoning.effort)
            writer.member("summary", request.reasoning.summary)
        }
        writer.member("safety_identifier", request.safetyIdentifier)
        writer.member("service_tier", "default")
        writer.member("store", request.storage != nil)
        writer.member("temperature", chat.sampling.temperature)
        writer.object("text") { writer in
            writer.member("format", request.textFormat)
            writer.member("verbosity", request.verbosity)
        }
        writer.member("tool_choice", request.toolChoice ?? "auto")
        writer.member("tools", request.tools.json)
        writer.member("top_logprobs", request.topLogprobs)
        writer.member("top_p", chat.sampling.topP)
        writer.member("truncation", request.isTruncated ? "auto" : "disabled")
        writer.member("user", request.user)
    }

    private static func append(_ usage: Usage, to bytes: inout [UInt8]) {
        bytes.append { writer in
            writer.object { writer in
                writer.member("input_tokens", usage.promptTokens)
                writer.object("input_tokens_details") { writer in
                    writer.member("cached_tokens", usage.cachedTokens ?? 0)
                    writer.member("cache_write_tokens", 0)
                }
                writer.member("output_tokens", usage.completionTokens)
                writer.object("output_tokens_details") { $0.member("reasoning_tokens", usage.reasoningTokens ?? 0) }
                writer.member("total_tokens", usage.totalTokens)
            }
        }
    }

    /// The codes are those of OpenAI's schema, which has few.
    /// The code of an error that has ended a response.
    static func code(of error: OpenAIError) -> String {
        switch error.status {
        case 429: "rate_limit_exceeded"
        case 400..<500: "invalid_prompt"
        default: "server_error"
        }
    }

    private static func append(_ error: OpenAIError, to bytes: inout [UInt8]) {
        bytes.append { writer in
            writer.object { writer in
                writer.member("code", code(of: error))
                writer.member("message", error.message)
            }
        }
    }
}
