internal import MartletJSON
internal import MartletOpenAI

/// Values that several generation parameters share.
extension Field {
    /// A token id. It is not checked against the size of the vocabulary, which the server does not know.
    func tokenID() throws(OpenAIError) -> Int {
        guard let id = value.number?.int, 0...Int(Int32.max) ~= id else {
            throw mustBe("a token id, an integer from 0 to \(Int32.max)")
        }
        return id
    }

    /// At most 256 token ids: the limit bounds the work for each generated token.
    func stopTokenIDs() throws(OpenAIError) -> [Int] {
        let fields = try elements("an array of token ids")
        if fields.count > 256 {
            throw invalid("`\(path)` must have at most 256 token ids, but it has \(fields.count).")
        }
        var ids: [Int] = []
        for field in fields { ids.append(try field.tokenID()) }
        return ids
    }

    /// One string, or up to four.
    func stopStrings() throws(OpenAIError) -> [String] {
        if value.string != nil { return [try stopString()] }
        let fields = try elements("a string or an array of strings")
        if fields.count > 4 { throw invalid("`\(path)` must have at most 4 strings, but it has \(fields.count).") }
        var strings: [String] = []
        for field in fields { strings.append(try field.stopString()) }
        return strings
    }

    /// At most 4096 bytes: the limit bounds the work for each byte of every choice.
    func stopString() throws(OpenAIError) -> String {
        let string = try string()
        if string.isEmpty { throw mustBe("a string of at least one character") }
        if string.utf8.count > 4096 { throw mustBe("a string of at most 4096 bytes") }
        return string
    }

    /// At most 1024 token ids, which are strings in JSON, each with the bias of its logit.
    func logitBias() throws(OpenAIError) -> [Int: Double] {
        let members = try object()
        if members.count > 1024 {
            throw invalid("`\(path)` must have at most 1024 tokens, but it has \(members.count).")
        }
        var bias: [Int: Double] = [:]
        for (name, _) in members {
            // Other spellings of an id, such as "+1" or "01", are refused, because they could contradict the plain one.
            guard let id = Int(name), 0...Int(Int32.max) ~= id, String(id) == name else {
                let name = Self.describe(.string(name))
                throw invalid("The names in `\(path)` must be token ids such as \"50256\", but one is \(name).")
            }
            bias[id] = try member(name)?.number(in: -100...100)
        }
        return bias
    }

    /// The usage figures that a stream includes.
    func streamOptions() throws(OpenAIError) -> StreamOptions {
        _ = try object()
        let includesUsage = try member("include_usage")?.bool() ?? false
        let isContinuous = try member("continuous_usage_stats")?.bool() ?? false
        return StreamOptions(includesUsage: includesUsage, hasContinuousUsage: includesUsage && isContinuous)
    }

    /// A value of 1 to 64 bytes that the server does not interpret.
    func word() throws(OpenAIError) -> String {
        guard let word = value.string, 1...64 ~= word.utf8.count else { throw mustBe("a word of at most 64 bytes") }
        return word
    }
}
