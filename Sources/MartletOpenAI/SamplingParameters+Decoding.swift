import MartletJSON

extension SamplingParameters {
    init(_ body: Field) throws(OpenAIError) {
        self.init(
            temperature: try body.member("temperature")?.number(in: 0...2) ?? 1,
            topP: try body.member("top_p")?.number(in: 0...1) ?? 1,
            seed: try body.member("seed")?.integer(in: .min ... .max))
        // vLLM writes "all" as -1, llama.cpp as 0.
        topK = max(0, try body.member("top_k")?.integer(in: -1...Int(Int32.max)) ?? 0)
        minP = try body.member("min_p")?.number(in: 0...1) ?? 0
        frequencyPenalty = try body.member("frequency_penalty")?.number(in: -2...2) ?? 0
        presencePenalty = try body.member("presence_penalty")?.number(in: -2...2) ?? 0
        repetitionPenalty = try body.member("repetition_penalty")?.number(in: 0.01...100) ?? 1
        logitBias = try Self.logitBias(body)
        minTokens = try body.member("min_tokens")?.integer(in: 0...Int(Int32.max)) ?? 0
        ignoresEndOfText = try body.member("ignore_eos")?.bool() ?? false
        stopTokenIDs = try Self.stopTokenIDs(body)
    }

    /// As many entries as OpenAI takes ids of one request's stop sequences and biases together; no client comes near.
    private static let maximumEntries = 1024

    private static func logitBias(_ body: Field) throws(OpenAIError) -> [Int: Double] {
        guard let field = body.member("logit_bias") else { return [:] }
        let object = try field.object()
        if object.count > maximumEntries { throw field.mustBe("an object of at most \(maximumEntries) members") }
        var bias: [Int: Double] = [:]
        for (name, _) in object {
            guard let id = Int(name), 0...Int(Int32.max) ~= id, let value = field.member(name) else {
                throw field.mustBe("an object of token ids, each with a number from -100 to 100")
            }
            bias[id] = try value.number(in: -100...100)
        }
        return bias
    }

    private static func stopTokenIDs(_ body: Field) throws(OpenAIError) -> [Int] {
        guard let field = body.member("stop_token_ids") else { return [] }
        let fields = try field.elements("an array of token ids")
        if fields.count > maximumEntries { throw field.mustBe("an array of at most \(maximumEntries) token ids") }
        var ids: [Int] = []
        for field in fields { ids.append(try field.integer(in: 0...Int(Int32.max))) }
        return ids
    }
}
