import MartletJSON
import MartletOpenAI
import Testing

struct SamplingParametersTests {
    private func expectBoth(_ fields: JSONObject, _ expected: Fault?, _ capabilities: Capabilities = []) {
        #expect(fault { () throws(OpenAIError) in try chat(fields, capabilities) } == expected)
        #expect(fault { () throws(OpenAIError) in try completion(fields, capabilities) } == expected)
    }

    @Test(
        arguments: [
            ("top_k", [-2, 1.5, "5", true]), ("min_p", [-0.1, 1.1, "0"]), ("frequency_penalty", [-2.1, 2.1, "1"]),
            ("presence_penalty", [-3, 3, [:]]), ("repetition_penalty", [0, -1, 101, "1"]),
            ("ignore_eos", [1, "true"]), ("min_tokens", [-1, 1.5, "1"]), ("stop_token_ids", [1, "1", [:]]),
            ("logit_bias", [1, "x", []]), ("return_token_ids", [1, "true"]),
        ] as [(String, [JSONValue])])
    func `what is out of range or of another type is refused by name`(name: String, values: [JSONValue]) {
        for value in values where value != [] { expectBoth([name: value], .invalid(name), .logitBias) }
    }

    @Test func `every parameter arrives`() throws {
        let fields: JSONObject = [
            "top_k": 5, "min_p": 0.1, "frequency_penalty": -1, "presence_penalty": 0.5, "repetition_penalty": 1.1,
            "ignore_eos": true, "min_tokens": 3, "stop_token_ids": [1, 2], "logit_bias": ["7": -100, "8": 2.5],
        ]
        for sampling in [try chat(fields, .logitBias).sampling, try completion(fields, .logitBias).sampling] {
            #expect(sampling.topK == 5)
            #expect(sampling.minP == 0.1)
            #expect(sampling.frequencyPenalty == -1)
            #expect(sampling.presencePenalty == 0.5)
            #expect(sampling.repetitionPenalty == 1.1)
            #expect(sampling.ignoresEndOfText)
            #expect(sampling.minTokens == 3)
            #expect(sampling.stopTokenIDs == [1, 2])
            #expect(sampling.logitBias == [7: -100, 8: 2.5])
        }
    }

    @Test func `all tokens are candidates for a top_k of -1 and of 0`() throws {
        #expect(try chat(["top_k": -1]).sampling.topK == 0)
        #expect(try chat(["top_k": 0]).sampling.topK == 0)
    }

    @Test func `a bias has token ids for names and numbers from -100 to 100`() {
        for name in ["x", "-1", "1.5", "99999999999"] {
            expectBoth(["logit_bias": [name: 1]], .invalid("logit_bias"), .logitBias)
        }
        for value in [-101, 101, "1"] as [JSONValue] {
            expectBoth(["logit_bias": ["5": value]], .invalid("logit_bias.5"), .logitBias)
        }
    }

    @Test func `biases and stop tokens are bounded`() {
        var bias = JSONObject()
        for id in 0...1024 { bias[String(id)] = 1 }
        expectBoth(["logit_bias": .object(bias)], .invalid("logit_bias"), .logitBias)
        expectBoth(["stop_token_ids": .array(Array(repeating: 1, count: 1025))], .invalid("stop_token_ids"))
        expectBoth(["stop_token_ids": [1, -1]], .invalid("stop_token_ids[1]"))
    }

    @Test func `min_tokens is at most max_tokens`() {
        expectBoth(["min_tokens": 5, "max_tokens": 5], nil)
        expectBoth(["min_tokens": 6, "max_tokens": 5], .invalid("min_tokens"))
    }
}
