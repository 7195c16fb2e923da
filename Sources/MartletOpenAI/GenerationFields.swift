import MartletJSON

/// The fields that chat and plain completions have in common.
struct GenerationFields {
    let stream: Bool
    let streamOptions: StreamOptions
    let sampling: SamplingParameters
    let stop: [String]
    let n: Int
    let returnsTokenIDs: Bool

    init(_ body: Field, capabilities: Capabilities) throws(OpenAIError) {
        stream = try body.member("stream")?.bool() ?? false
        streamOptions = stream ? try Self.streamOptions(body) : StreamOptions()
        sampling = try SamplingParameters(body)
        stop = try Self.stop(body)
        n = try body.member("n")?.integer(in: 1...128) ?? 1
        returnsTokenIDs = try body.member("return_token_ids")?.bool() ?? false
        if n > 1, !capabilities.contains(.choices) {
            throw .unsupportedParameter("n", "This model gives one choice per prompt; leave `n` out or set it to 1.")
        }
    }

    /// Without `stream`, clients send `stream_options` all the same, and it is not looked at.
    private static func streamOptions(_ body: Field) throws(OpenAIError) -> StreamOptions {
        guard let options = body.member("stream_options") else { return StreamOptions() }
        _ = try options.object()
        let includesUsage = try options.member("include_usage")?.bool() ?? false
        let isContinuous = try options.member("continuous_usage_stats")?.bool() ?? false
        return StreamOptions(includesUsage: includesUsage, hasContinuousUsage: includesUsage && isContinuous)
    }

    private static func stop(_ body: Field) throws(OpenAIError) -> [String] {
        guard let field = body.member("stop") else { return [] }
        if field.value.string != nil { return [try stopString(field)] }
        let fields = try field.elements("a string or an array of strings")
        if fields.count > 4 {
            throw .invalidValue("stop", "`stop` must have at most 4 strings, but it has \(fields.count).")
        }
        var strings: [String] = []
        for field in fields { strings.append(try stopString(field)) }
        return strings
    }

    /// A stop string is searched for at every byte of every choice, so that its length is bounded too.
    private static func stopString(_ field: Field) throws(OpenAIError) -> String {
        let string = try field.string()
        if string.isEmpty { throw field.mustBe("a string of at least one character") }
        if string.utf8.count > 4096 { throw field.mustBe("a string of at most 4096 bytes") }
        return string
    }
}
