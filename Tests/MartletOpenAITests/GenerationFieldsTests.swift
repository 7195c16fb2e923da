import MartletJSON
import MartletOpenAI
import Testing

/// The fields that chat and plain completions share, through both.
struct GenerationFieldsTests {
    private func faults(_ fields: JSONObject, _ capabilities: Capabilities = []) -> [Fault?] {
        [
            fault { () throws(OpenAIError) in try chat(fields, capabilities) },
            fault { () throws(OpenAIError) in try completion(fields, capabilities) },
        ]
    }

    private func expectBoth(_ fields: JSONObject, _ expected: Fault?, _ capabilities: Capabilities = []) {
        #expect(faults(fields, capabilities) == [expected, expected], "\(JSONValue.object(fields))")
    }

    @Test func `what is left out has OpenAI's default`() throws {
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
    func `null is the same as leaving the field out`(name: String) throws {
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

    @Test func `the sentence says what was expected and what came`() {
        let error = #expect(throws: OpenAIError.self) { try chat(["temperature": 3]) }
        #expect(error?.message == "`temperature` must be a number from 0 to 2, but it is 3.")
    }

    @Test func `top_p is a number from 0 to 1`() throws {
        for value in [0, 0.5, 1, 1.0] as [JSONValue] { expectBoth(["top_p": value], nil) }
        for value in [-0.1, 1.1, "1", false, [:]] as [JSONValue] { expectBoth(["top_p": value], .invalid("top_p")) }
        #expect(try completion(["top_p": 0.5]).sampling.topP == 0.5)
    }

    @Test func `a seed is any integer of 64 bits, also a negative one`() throws {
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

    @Test func `stop is a string or up to four`() throws {
        #expect(try chat(["stop": "a"]).stop == ["a"])
        #expect(try chat(["stop": ["a", "b", "c", "d"]]).stop == ["a", "b", "c", "d"])
        #expect(try completion(["stop": []]).stop.isEmpty)
        expectBoth(["stop": ["a", "b", "c", "d", "e"]], .invalid("stop"))
        for value in [1, true, [:]] as [JSONValue] { expectBoth(["stop": value], .invalid("stop")) }
        expectBoth(["stop": ["a", 1]], .invalid("stop[1]"))
        expectBoth(["stop": [.null]], .invalid("stop[0]"))
    }

    @Test func `an empty stop string would stop at once and is refused`() {
        expectBoth(["stop": ""], .invalid("stop"))
        expectBoth(["stop": ["a", ""]], .invalid("stop[1]"))
    }

    @Test func `n is an integer from 1 to 128`() {
        expectBoth(["n": 1], nil)
        expectBoth(["n": 128], nil, .choices)
        for value in [0, -1, 129, 1.5, "1", true] as [JSONValue] { expectBoth(["n": value], .invalid("n"), .choices) }
    }

    @Test func `n above 1 needs a model with choices`() throws {
        expectBoth(["n": 2], .unsupported("n"))
        #expect(try chat(["n": 2], .choices).n == 2)
        #expect(try completion(["n": 2], .choices).n == 2)
    }

    @Test func `stream is a JSON bool and nothing like one`() throws {
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

    @Test func `empty stream options are no request for usage`() throws {
        for options in [[:], ["include_usage": .null], ["include_usage": false]] as [JSONValue] {
            #expect(try !chat(["stream": true, "stream_options": options]).streamOptions.includesUsage)
        }
    }

    @Test func `stream options are not looked at without a stream`() throws {
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

    @Test func `an integer may be written as 16 point 0`() throws {
        #expect(try chat(["max_tokens": 16.0]).maxTokens == 16)
    }

    @Test func `the alternatives of a chat need log-probabilities`() throws {
        func chatFault(_ fields: JSONObject) -> Fault? {
            fault { () throws(OpenAIError) in try chat(fields, .logprobs) }
        }
        #expect(try chat(["logprobs": true], .logprobs).topLogprobs == 0)
        #expect(try chat(["logprobs": true, "top_logprobs": 20], .logprobs).topLogprobs == 20)
        #expect(try chat(["logprobs": false], .logprobs).topLogprobs == nil)
        #expect(chatFault(["top_logprobs": 2]) == .invalid("top_logprobs"))
        #expect(chatFault(["logprobs": false, "top_logprobs": 2]) == .invalid("top_logprobs"))
        for value in [-1, 21, "2", 1.5] as [JSONValue] {
            #expect(chatFault(["logprobs": true, "top_logprobs": value]) == .invalid("top_logprobs"))
        }
        for value in [1, "true"] as [JSONValue] { #expect(chatFault(["logprobs": value]) == .invalid("logprobs")) }
    }

    @Test func `a plain completion counts its alternatives in one number`() throws {
        #expect(try completion(["logprobs": 0], .logprobs).topLogprobs == 0)
        #expect(try completion(["logprobs": 20], .logprobs).topLogprobs == 20)
        #expect(try completion(["logprobs": false], .logprobs).topLogprobs == nil)
        for value in [-1, 21, true, "1"] as [JSONValue] {
            #expect(
                fault { () throws(OpenAIError) in try completion(["logprobs": value], .logprobs) }
                    == .invalid("logprobs"))
        }
    }

    @Test func `an echo is asked for by a bool`() throws {
        #expect(try completion(["echo": true], .echo).echo)
        #expect(fault { () throws(OpenAIError) in try completion(["echo": 1], .echo) } == .invalid("echo"))
    }

    @Test func `usage in every chunk goes with usage at the end`() throws {
        func options(_ options: JSONValue) throws -> StreamOptions {
            try chat(["stream": true, "stream_options": options]).streamOptions
        }
        #expect(try options(["include_usage": true, "continuous_usage_stats": true]).hasContinuousUsage)
        #expect(try !options(["continuous_usage_stats": true]).hasContinuousUsage)
        #expect(try !options(["include_usage": true]).hasContinuousUsage)
    }
}
