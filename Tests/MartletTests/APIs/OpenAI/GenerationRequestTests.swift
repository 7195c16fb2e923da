import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

/// The parameters that chat completions and completions share, decoded by both endpoints.
struct GenerationRequestTests {
    private func faults(_ fields: JSONObject, _ capabilities: Capabilities = []) -> [Fault?] {
        [
            fault { () throws(OpenAIError) in try chat(fields, capabilities) },
            fault { () throws(OpenAIError) in try completion(fields, capabilities) },
        ]
    }

    private func expectBoth(_ fields: JSONObject, _ expected: Fault?, _ capabilities: Capabilities = []) {
        #expect(faults(fields, capabilities) == [expected, expected], "\(JSONValue.object(fields))")
    }

    @Test func `absent members have OpenAI's defaults`() throws {
        let chat = try chat()
        #expect(chat.model == "toy")
        #expect(!chat.stream)
        #expect(!chat.streamOptions.includesUsage)
        #expect(chat.maxTokens == nil)
        #expect(chat.sampling == SamplingParameters(temperature: 1, topP: 1, seed: nil))
        #expect(chat.stop.isEmpty)
        #expect(chat.n == 1)

        let completion = try completion()
        #expect(completion.maxTokens == 16)
        #expect(completion.sampling == SamplingParameters())
        #expect(completion.n == 1)
    }

    @Test(arguments: [
        "stream", "stream_options", "temperature", "top_p", "seed", "stop", "n", "max_tokens", "max_completion_tokens",
        "logprobs", "tools", "response_format", "logit_bias", "suffix", "echo", "best_of", "user",
    ])
    func `null is the same as an absent member`(name: String) throws {
        #expect(faults([name: .null]) == [nil, nil])
        #expect(try completion([name: .null]).maxTokens == 16)
    }

    @Test func `a temperature is a number from 0 to 2`() throws {
        for value in [0, 0.0, 0.7, 2, 2.0] as [JSONValue] { expectBoth(["temperature": value], nil) }
        for value in [-0.1, 2.1, 3, "1", true, []] as [JSONValue] {
            expectBoth(["temperature": value], .invalid("temperature"))
        }
        #expect(try chat(["temperature": 0.5]).sampling.temperature == 0.5)
    }

    @Test func `a temperature beyond any Double is refused`() throws {
        let body = try RequestBody.parse(Array("{\"temperature\":1e999}".utf8))
        expectBoth(body, .invalid("temperature"))
    }

    @Test func `the message states the expected and the actual value`() {
        let error = #expect(throws: OpenAIError.self) { try chat(["temperature": 3]) }
        #expect(error?.message == "`temperature` must be a number from 0 to 2, but it is 3.")
    }

    @Test func `top_p is a number from 0 to 1`() throws {
        for value in [0, 0.5, 1, 1.0] as [JSONValue] { expectBoth(["top_p": value], nil) }
        for value in [-0.1, 1.1, "1", false, [:]] as [JSONValue] { expectBoth(["top_p": value], .invalid("top_p")) }
        #expect(try completion(["top_p": 0.5]).sampling.topP == 0.5)
    }

    @Test func `a seed is any 64-bit integer, including negative ones`() throws {
        for seed in [0, 42, -1, Int.max, .min] {
            #expect(try chat(["seed": .number(JSONNumber(seed))]).sampling.seed == seed)
        }
        for value in [1.5, "1", true, 1e30] as [JSONValue] { expectBoth(["seed": value], .invalid("seed")) }
    }

    @Test func `a stop string has at most 4096 bytes`() throws {
        let longest = String(repeating: "é", count: 2048)
        #expect(try chat(["stop": .string(longest)]).stop == [longest])
        #expect(fault { () throws(OpenAIError) in try chat(["stop": .string(longest + "a")]) } == .invalid("stop"))
        #expect(
            fault { () throws(OpenAIError) in try chat(["stop": ["a", .string(longest + "a")]]) } == .invalid("stop[1]")
        )
    }

    @Test func `stop is one string or up to four`() throws {
        #expect(try chat(["stop": "a"]).stop == ["a"])
        #expect(try chat(["stop": ["a", "b", "c", "d"]]).stop == ["a", "b", "c", "d"])
        #expect(try completion(["stop": []]).stop.isEmpty)
        expectBoth(["stop": ["a", "b", "c", "d", "e"]], .invalid("stop"))
        for value in [1, true, [:]] as [JSONValue] { expectBoth(["stop": value], .invalid("stop")) }
        expectBoth(["stop": ["a", 1]], .invalid("stop[1]"))
        expectBoth(["stop": [.null]], .invalid("stop[0]"))
    }

    @Test func `an empty stop string is refused`() {
        expectBoth(["stop": ""], .invalid("stop"))
        expectBoth(["stop": ["a", ""]], .invalid("stop[1]"))
    }

    @Test func `n is an integer from 1 to 128`() {
        expectBoth(["n": 1], nil)
        expectBoth(["n": 128], nil, .choices)
        for value in [0, -1, 129, 1.5, "1", true] as [JSONValue] { expectBoth(["n": value], .invalid("n"), .choices) }
    }

    @Test func `n above 1 needs the capability`() throws {
        expectBoth(["n": 2], .unsupported("n"))
        #expect(try chat(["n": 2], .choices).n == 2)
        #expect(try completion(["n": 2], .choices).n == 2)
    }

    @Test func `stream is only a JSON bool`() throws {
        #expect(try chat(["stream": true]).stream)
        #expect(try completion(["stream": true]).stream)
        #expect(try !chat(["stream": false]).stream)
        for value in ["true", 1, 0, []] as [JSONValue] { expectBoth(["stream": value], .invalid("stream")) }
    }

    @Test func `usage is included in a stream that asks for it`() throws {
        let options: JSONValue = ["include_usage": true, "continuous_usage_stats": true]
        #expect(try chat(["stream": true, "stream_options": options]).streamOptions.includesUsage)
        #expect(try completion(["stream": true, "stream_options": options]).streamOptions.includesUsage)
    }

    @Test func `empty stream options do not request usage`() throws {
        for options in [[:], ["include_usage": .null], ["include_usage": false]] as [JSONValue] {
            #expect(try !chat(["stream": true, "stream_options": options]).streamOptions.includesUsage)
        }
    }

    @Test func `stream options are ignored without a stream`() throws {
        for options in [["include_usage": true], ["include_usage": "x"], 1, "x"] as [JSONValue] {
            expectBoth(["stream_options": options], nil)
            #expect(try !chat(["stream_options": options]).streamOptions.includesUsage)
        }
    }

    @Test func `malformed stream options of a stream are refused`() {
        expectBoth(["stream": true, "stream_options": 1], .invalid("stream_options"))
        expectBoth(
            ["stream": true, "stream_options": ["include_usage": "yes"]], .invalid("stream_options.include_usage"))
    }

    @Test func `an integer may be written with a fraction of 0`() throws {
        #expect(try chat(["max_tokens": 16.0]).maxTokens == 16)
    }

    @Test(arguments: ["frequency_penalty", "presence_penalty"])
    func `penalties are numbers from -2 to 2`(name: String) throws {
        for value in [-2, 0, 0.5, 2] as [JSONValue] { expectBoth([name: value], nil) }
        for value in [-2.1, 3, "1", true, []] as [JSONValue] { expectBoth([name: value], .invalid(name)) }
        let sampling = try chat([name: 0.5]).sampling
        #expect(sampling.frequencyPenalty == (name == "frequency_penalty" ? 0.5 : 0))
        #expect(sampling.presencePenalty == (name == "presence_penalty" ? 0.5 : 0))
    }

    @Test func `a repetition penalty is from 0.01 to 100`() throws {
        for value in [0.01, 1, 1.5, 100] as [JSONValue] { expectBoth(["repetition_penalty": value], nil) }
        for value in [0, 1e-38, 0.009, -1, 100.5, "1", true] as [JSONValue] {
            expectBoth(["repetition_penalty": value], .invalid("repetition_penalty"))
        }
        #expect(try completion(["repetition_penalty": 1.5]).sampling.repetitionPenalty == 1.5)
    }

    @Test func `top_k is a count, and 0 and -1 mean all tokens`() throws {
        for (value, topK) in [(-1, 0), (0, 0), (1, 1), (50, 50)] as [(JSONValue, Int)] {
            #expect(try chat(["top_k": value]).sampling.topK == topK)
        }
        for value in [-2, 1.5, "5", true] as [JSONValue] { expectBoth(["top_k": value], .invalid("top_k")) }
    }

    @Test func `min_p is a number from 0 to 1`() throws {
        for value in [0, 0.1, 1] as [JSONValue] { expectBoth(["min_p": value], nil) }
        for value in [-0.1, 1.1, "0", false] as [JSONValue] { expectBoth(["min_p": value], .invalid("min_p")) }
        #expect(try completion(["min_p": 0.1]).sampling.minP == 0.1)
    }

    @Test func `ignore_eos is a JSON bool`() throws {
        #expect(try chat(["ignore_eos": true]).sampling.ignoresEndOfText)
        #expect(try !completion(["ignore_eos": false]).sampling.ignoresEndOfText)
        for value in [1, "true", []] as [JSONValue] { expectBoth(["ignore_eos": value], .invalid("ignore_eos")) }
    }

    @Test func `min_tokens is at most the given limit`() throws {
        #expect(try chat(["min_tokens": 5]).sampling.minTokens == 5)
        #expect(try completion(["min_tokens": 5]).sampling.minTokens == 5)
        for value in [-1, 1.5, "5"] as [JSONValue] { expectBoth(["min_tokens": value], .invalid("min_tokens")) }
        expectBoth(["min_tokens": 5, "max_tokens": 5], nil)
        expectBoth(["min_tokens": 6, "max_tokens": 5], .invalid("min_tokens"))
        expectBoth(["max_tokens": 5, "min_tokens": 6], .invalid("min_tokens"))
    }

    @Test func `min_tokens may exceed the default limit of a completion`() throws {
        #expect(try completion(["min_tokens": 20]).maxTokens == 16)
        #expect(try completion(["min_tokens": 20, "max_tokens": .null]).sampling.minTokens == 20)
    }

    @Test func `stop token ids are up to 256 ids`() throws {
        #expect(try chat(["stop_token_ids": [1, 2]]).sampling.stopTokenIDs == [1, 2])
        #expect(try completion(["stop_token_ids": []]).sampling.stopTokenIDs.isEmpty)
        expectBoth(["stop_token_ids": .array(Array(repeating: 7, count: 256))], nil)
        expectBoth(["stop_token_ids": .array(Array(repeating: 7, count: 257))], .invalid("stop_token_ids"))
        for value in [1, "1", true, [:]] as [JSONValue] {
            expectBoth(["stop_token_ids": value], .invalid("stop_token_ids"))
        }
        for value in [-1, 1.5, "1", .null, 2_147_483_648] as [JSONValue] {
            expectBoth(["stop_token_ids": [0, value]], .invalid("stop_token_ids[1]"))
        }
    }

    @Test func `token ids are returned on request`() throws {
        #expect(try chat(["return_token_ids": true]).returnsTokenIDs)
        #expect(try completion(["return_token_ids": true]).returnsTokenIDs)
        #expect(try !chat(["return_token_ids": false]).returnsTokenIDs)
        expectBoth(["return_token_ids": 1], .invalid("return_token_ids"))
    }

    @Test func `a logit bias is a number from -100 to 100 for each of its token ids`() throws {
        let bias: JSONValue = ["50256": -100, "0": 0.5, "7": 100]
        #expect(try chat(["logit_bias": bias], .logitBias).sampling.logitBias == [50256: -100, 0: 0.5, 7: 100])
        #expect(try completion(["logit_bias": bias], .logitBias).sampling.logitBias.count == 3)
        expectBoth(["logit_bias": bias], .unsupported("logit_bias"))
        expectBoth(["logit_bias": [:]], nil)
        for value in [1, "1", [], [[50256, 1]]] as [JSONValue] {
            expectBoth(["logit_bias": value], .invalid("logit_bias"), .logitBias)
        }
        for value in [100.1, -101, "1", true] as [JSONValue] {
            expectBoth(["logit_bias": ["5": value]], .invalid("logit_bias.5"), .logitBias)
        }
    }

    @Test(arguments: ["", "a", "-1", "+1", "01", "1.0", " 1", "2147483648", "99999999999999999999"])
    func `a logit bias accepts only the plain spelling of a token id`(name: String) {
        expectBoth(["logit_bias": .object([name: 1])], .invalid("logit_bias"), .logitBias)
    }

    @Test func `a logit bias has at most 1024 tokens`() {
        func bias(_ count: Int) -> JSONObject {
            var bias: JSONObject = [:]
            for id in 0..<count { bias["\(id)"] = 1 }
            return ["logit_bias": .object(bias)]
        }
        expectBoth(bias(1024), nil, .logitBias)
        expectBoth(bias(1025), .invalid("logit_bias"), .logitBias)
    }

    @Test func `continuous usage needs include_usage`() throws {
        func options(_ options: JSONValue) throws -> StreamOptions {
            try chat(["stream_options": options, "stream": true]).streamOptions
        }
        #expect(
            try options(["include_usage": true, "continuous_usage_stats": true])
                == StreamOptions(includesUsage: true, hasContinuousUsage: true))
        #expect(try options(["continuous_usage_stats": true]) == StreamOptions())
        expectBoth(
            ["stream": true, "stream_options": ["continuous_usage_stats": 1]],
            .invalid("stream_options.continuous_usage_stats"))
    }
}
