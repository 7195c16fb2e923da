internal import MartletConstraint
internal import MartletJSON
internal import MartletOpenAI

extension ResponseRequest {
    /// Every parameter of `POST /v1/responses`.
    static let parameters = ParameterTable<ResponseRequest>(generation + text + tools + conversation + other)

    private typealias Row = ParameterTable<ResponseRequest>.Row

    private static let generation: [Row] = [
        .openAI("model", .enforced),
        .openAI("stream", .enforced) { $0.chat.stream = try $1.bool() },
        .openAI("stream_options", .ignored) { _, field in
            _ = try field.object()
            _ = try field.member("include_obfuscation")?.bool()
        },
        .openAI("max_output_tokens", .enforced) { $0.chat.maxTokens = try $1.integer(in: 1 ... .max) },
        .openAI("temperature", .passedOn) { $0.chat.sampling.temperature = try $1.number(in: 0...2) },
        .openAI("top_p", .passedOn) { $0.chat.sampling.topP = try $1.number(in: 0...1) },
        .openAI("top_logprobs", .gated(by: .logprobs, neutral: [0])) { $0.topLogprobs = try $1.integer(in: 0...20) },
        .other("seed", .passedOn) { $0.chat.sampling.seed = try $1.integer(in: .min ... .max) },
        .other("stop", .enforced) { $0.chat.stop = try $1.stopStrings() },
    ]

    private static let text: [Row] = [
        .openAI("text", .enforced) { try $0.readText($1) },
        .openAI("reasoning", .passedOn) { try $0.readReasoning($1) },
        .openAI("include", .enforced) { request, field in
            for value in try field.elements("an array of strings") {
                let name = try value.string()
                request.include.insert(name)
                if !known.contains(name) { request.unknownParameters.append("include: \(name)") }
            }
        },
    ]

    private static let tools: [Row] = [
        .openAI("tools", .enforced) { $0.tools = try ResponseTools($1) },
        // Decoded once all tools are known.
        .openAI("tool_choice", .gated(by: .toolChoice, neutral: ["auto", "none"])),
        .openAI("parallel_tool_calls", .enforced) { $0.chat.parallelToolCalls = try $1.bool() },
        .openAI("max_tool_calls", .ignored) { $0.maxToolCalls = try $1.integer(in: 1 ... .max) },
    ]

    private static let conversation: [Row] = [
        .openAI("input", .passedOn),
        .openAI("instructions", .passedOn) { $0.instructions = try $1.string() },
        .openAI("truncation", .enforced) { request, field in
            switch field.value {
            case "auto": request.isTruncated = true
            case "disabled": request.isTruncated = false
            default: throw field.mustBe("\"auto\" or \"disabled\"")
            }
        },
        .openAI("previous_response_id", .enforced) { request, field in
            if !request.hasStore { try refuse(field, "send the whole conversation as `input`") }
            request.previousResponseID = try field.string()
        },
        .openAI("conversation", .gated()) { _, field in
            throw field.unsupported("`conversation` is not supported: send the conversation as `input`.")
        },
        .openAI("prompt", .gated()) { _, field in
            throw field.unsupported("`prompt` is not supported: send its text as `instructions` or `input`.")
        },
        .openAI("background", .enforced) { request, field in
            request.isBackground = try field.bool()
            if request.isBackground, !request.hasStore {
                try refuse(field, "leave it out, and set `stream` to `true` for a long response")
            }
        },
        .openAI("context_management", .gated()),
        .openAI("store", .enforced) { _ = try $1.bool() },
    ]

    private static let other: [Row] = [
        .openAI("metadata", .enforced) { $0.metadata = try $1.metadata() },
        .openAI("user", .ignored) { $0.user = try $1.string() },
        .openAI("safety_identifier", .ignored) { $0.safetyIdentifier = try $1.string() },
        .openAI("prompt_cache_key", .ignored) { $0.promptCacheKey = try $1.string() },
        .openAI("prompt_cache_options", .ignored),
        .openAI("prompt_cache_retention", .ignored),
        .openAI("service_tier", .ignored) { _ = try $1.string() },
        .openAI("client_metadata", .ignored),
        .openAI("moderation", .gated()),
    ]

    /// What OpenAI's `include` has. Those of tools that this server does not run have nothing to add.
    private static let known: Set<String> = [
        "code_interpreter_call.outputs", "computer_call_output.output.image_url", "file_search_call.results",
        "message.input_image.image_url", "message.output_text.logprobs", "reasoning.encrypted_content",
        "web_search_call.action.sources", "web_search_call.results",
    ]

    private static func refuse(_ field: Field, _ remedy: String) throws(OpenAIError) {
        throw field.unsupported("`\(field.path)` is not supported, since this server stores nothing: \(remedy).")
    }

    // MARK: Objects

    private mutating func readText(_ field: Field) throws(OpenAIError) {
        _ = try field.object()
        if let verbosity = field.member("verbosity") {
            self.verbosity = try verbosity.oneOf(["low", "medium", "high"])
        }
        guard let format = field.member("format") else { return }
        let source = try format.textFormat()
        textFormat = try format.object()
        if let source { chat.structuredOutput = StructuredOutput(source, param: format.path) }
    }

    private mutating func readReasoning(_ field: Field) throws(OpenAIError) {
        _ = try field.object()
        if let effort = field.member("effort") {
            reasoning.effort = try effort.oneOf(["none", "minimal", "low", "medium", "high", "xhigh", "max"])
            chat.reasoningEffort = reasoning.effort
        }
        // `generate_summary` is the older name.
        guard let summary = field.member("summary") ?? field.member("generate_summary") else { return }
        reasoning.summary = try summary.oneOf(["auto", "concise", "detailed"])
    }
}

extension Field {
    /// One of some strings.
    fileprivate func oneOf(_ values: [String]) throws(OpenAIError) -> String {
        guard let string = value.string, values.contains(string) else {
            let all = values.map { "\"\($0)\"" }
            throw mustBe(all.dropLast().joined(separator: ", ") + " or " + (all.last ?? ""))
        }
        return string
    }

    /// The format of the text: that of a chat completion, but flat. Nil means any text.
    fileprivate func textFormat() throws(OpenAIError) -> ConstraintSource? {
        _ = try object()
        let expectation = "\"text\", \"json_object\" or \"json_schema\""
        let type = try required("type", expectation)
        switch try type.string() {
        case "text": return nil
        case "json_object": return .jsonObject
        case "json_schema":
            let name = try required("name", "the schema's name").word()
            _ = try member("description")?.string()
            let source = try Self.schema(required("schema", "a JSON Schema"))
            if try member("strict")?.bool() == true, let fault = StrictSchema.fault(in: value.object?["schema"]) {
                throw OpenAIError(
                    status: 400, message: "Invalid schema for response_format '\(name)': \(fault)", param: path,
                    code: "invalid_json_schema")
            }
            return source
        default: throw type.mustBe(expectation)
        }
    }

    /// At most 16 pairs of names up to 64 and texts up to 512 characters.
    fileprivate func metadata() throws(OpenAIError) -> JSONObject {
        let pairs = try object()
        if pairs.count > 16 { throw invalid("`\(path)` must have at most 16 pairs, but it has \(pairs.count).") }
        for (name, _) in pairs {
            if name.unicodeScalars.count > 64 {
                throw invalid("The names in `\(path)` must have at most 64 characters.")
            }
            let text = try required(name, "a string")
            if try text.string().unicodeScalars.count > 512 { throw text.mustBe("a string of at most 512 characters") }
        }
        return pairs
    }
}
