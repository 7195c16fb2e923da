import MartletJSON
import MartletOpenAI
import Testing

struct CompletionRequestTests {
    @Test func `max_tokens is an integer of at least 0`() throws {
        #expect(try completion(["max_tokens": 0]).maxTokens == 0)
        #expect(try completion(["max_tokens": 9]).maxTokens == 9)
        for value in [-1, 1.5, "9", true] as [JSONValue] {
            #expect(fault { () throws(OpenAIError) in try completion(["max_tokens": value]) } == .invalid("max_tokens"))
        }
    }

    @Test func `2048 prompts are taken and 2049 refused, of each shape`() throws {
        for prompt in ["a", [1]] as [JSONValue] {
            func prompts(_ count: Int) -> JSONObject { ["prompt": .array(Array(repeating: prompt, count: count))] }
            #expect(try completion(prompts(2048)).prompts.count == 2048)
            #expect(fault { () throws(OpenAIError) in try completion(prompts(2049)) } == .invalid("prompt"))
        }
    }

    @Test func `a backend gets one prompt with the fields of the request`() throws {
        let request = try completion(["prompt": ["a", "b"], "max_tokens": 3, "seed": 1, "stop": "x", "extra": 1])
        let tokens = TokenRequest(request, promptTokenIDs: [7], prompt: "b")
        #expect(tokens.model == "toy")
        #expect(tokens.promptTokenIDs == [7])
        #expect(tokens.prompt == "b")
        #expect(tokens.maxTokens == 3)
        #expect(tokens.sampling.seed == 1)
        #expect(tokens.stop == ["x"])
        #expect(tokens.n == 1)
        #expect(tokens.body["extra"] == 1)
    }
}
