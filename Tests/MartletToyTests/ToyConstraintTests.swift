import Martlet
import MartletConstraint
import MartletEngine
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import MartletToy
import Testing

/// Constrained replies of the toy, over HTTP and in process.
@Suite(.timeLimit(.minutes(5)))
struct ToyConstraintTests {
    private static let tools: JSONValue = [
        ["type": "function", "function": ["name": "get_weather"]],
        ["type": "function", "function": ["name": "get_time"]],
    ]

    private func chat(_ members: JSONValue, in client: RawClient) async throws -> JSONValue {
        var body: JSONObject = [
            "messages": [["role": "user", "content": "What is the weather in Paris?"]], "tools": Self.tools,
            "max_tokens": 150,
        ]
        for (name, value) in members.object ?? [:] { body[name] = value }
        let response = try await client.ask(.post, "/v1/chat/completions", body: JSONValue.object(body).description)
        #expect(response.code == 200, "\(response.text)")
        return try response.json()
    }

    private func names(_ message: JSONValue?) throws -> [String] {
        try (message?["tool_calls"]?.array ?? []).map { call in
            let arguments = call["function"]?["arguments"]?.string ?? ""
            let parsed = try JSONValue(parsing: Array(arguments.utf8))
            #expect(parsed.object != nil)
            return call["function"]?["name"]?.string ?? ""
        }
    }

    @Test(arguments: [0, 1.5] as [JSONValue])
    func `tools are called as the request demands`(temperature: JSONValue) async throws {
        try await withServer(ToyBackend(Fixture.model)) { server in
            let client = try await RawClient(server)
            for seed in 0..<8 {
                var members: JSONObject = ["temperature": temperature, "seed": .number(JSONNumber(seed))]
                members["tool_choice"] = "required"
                var choice = try await chat(.object(members), in: client)["choices"]?[0]
                if choice?["finish_reason"] == "tool_calls" {
                    let called = try names(choice?["message"])
                    #expect(!called.isEmpty && Set(called).isSubset(of: ["get_weather", "get_time"]))
                } else {
                    #expect(choice?["finish_reason"] == "length")
                }
                members["tool_choice"] = ["type": "function", "function": ["name": "get_time"]]
                members["parallel_tool_calls"] = false
                choice = try await chat(.object(members), in: client)["choices"]?[0]
                if choice?["finish_reason"] == "tool_calls" {
                    #expect(try names(choice?["message"]) == ["get_time"])
                } else {
                    #expect(choice?["finish_reason"] == "length")
                }
            }
            await client.close()
        }
    }

    @Test func `a thought comes first if it is asked for, and the text follows its constraint`() async throws {
        let engine = ToyBackend(Fixture.model)
        var thoughts = 0
        for seed in 0..<6 {
            var request = ChatRequest(model: "toy", messages: [.user("What is 2 and 3?")], maxTokens: 120)
            request.structuredOutput = StructuredOutput(.regex("The answer is [0-9]{1,3}\\."), param: "response_format")
            request.reasoningEffort = seed % 2 == 0 ? "high" : nil
            (request.sampling.temperature, request.sampling.seed) = (0.7, seed)
            var (text, thought, finish) = ("", "", FinishReason?.none)
            for try await event in engine.generate(request) {
                text += event.text ?? String(decoding: event.token?.text ?? [], as: UTF8.self)
                thought += event.reasoning ?? ""
                finish = event.finishReason ?? finish
            }
            if finish == .length { continue }
            #expect(text.wholeMatch(of: /The answer is [0-9]{1,3}\./) != nil, "\(text)")
            #expect(thought.isEmpty || seed % 2 == 0)
            thoughts += thought.isEmpty ? 0 : 1
        }
        #expect(thoughts > 0)
    }

    @Test func `tokens without a choice have the same bits in one step and one by one`() async throws {
        var limits = EngineLimits()
        limits.jump = false
        let (fast, slow) = (ToyBackend(Fixture.model), ToyBackend(Fixture.model, name: "toy", limits: limits))
        let source = ConstraintSource.gbnf(
            #"root ::= "{\"temperature in degrees\": " [0-9]{1,2} ", \"weather\": \"" [a-z ]{1,9} "\", \"done\": true}""#
        )
        for seed in 0..<10 {
            var request = TokenRequest(
                model: "toy", promptTokenIDs: fast.encode("Once upon a time", model: "toy"), maxTokens: 60)
            request.structuredOutput = StructuredOutput(source, param: "grammar")
            request.topLogprobs = 3
            request.sampling.temperature = seed % 3 == 0 ? 0 : 1
            request.sampling.repetitionPenalty = seed % 2 == 0 ? 1.2 : 1
            request.sampling.seed = seed
            let events = try await fast.generate(request).reduce(into: [StreamEvent]()) { $0.append($1) }
            #expect(try await slow.generate(request).reduce(into: []) { $0.append($1) } == events)
            #expect(events.contains { $0.token?.logprob == 0 })
        }
        #expect(fast.counters.steps * 3 < slow.counters.steps * 2)
    }
}
