import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct CompletionRequestTests {
    @Test func `max_tokens is an integer of at least 0`() throws {
        #expect(try completion(["max_tokens": 0]).maxTokens == 0)
        #expect(try completion(["max_tokens": 9]).maxTokens == 9)
        for value in [-1, 1.5, "9", true] as [JSONValue] {
            #expect(fault { () throws(OpenAIError) in try completion(["max_tokens": value]) } == .invalid("max_tokens"))
        }
    }

    @Test func `2048 prompts are accepted and 2049 refused, in each form`() throws {
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

    private func faultOf(_ fields: JSONObject, _ capabilities: Capabilities = []) -> Fault? {
        fault { () throws(OpenAIError) in try completion(fields, capabilities) }
    }

    @Test func `logprobs are a count of alternatives from 0 to 20`() throws {
        for count in [0, 5, 20] {
            let value = JSONValue.number(JSONNumber(count))
            #expect(try completion(["logprobs": value], .logprobs).topLogprobs == count)
            #expect(faultOf(["logprobs": value]) == .unsupported("logprobs"))
        }
        for none in [.null, false] as [JSONValue] { #expect(try completion(["logprobs": none]).topLogprobs == nil) }
        for value in [-1, 21, 1.5, true, "1"] as [JSONValue] {
            #expect(faultOf(["logprobs": value], .logprobs) == .invalid("logprobs"))
        }
    }

    @Test func `echo needs the capability`() throws {
        #expect(try completion(["echo": true], .echo).echo)
        #expect(try !completion(["echo": false]).echo)
        #expect(faultOf(["echo": true]) == .unsupported("echo"))
        #expect(faultOf(["echo": 1], .echo) == .invalid("echo"))
        let scored = try completion(["echo": true, "max_tokens": 0, "logprobs": 1], [.echo, .logprobs])
        #expect(scored.echo && scored.maxTokens == 0 && scored.topLogprobs == 1)
    }

    @Test func `a suffix needs the capability`() throws {
        #expect(try completion(["suffix": "x"], .suffix).suffix == "x")
        #expect(try completion(["suffix": ""]).suffix == nil)
        #expect(faultOf(["suffix": "x"]) == .unsupported("suffix"))
        #expect(faultOf(["suffix": 1], .suffix) == .invalid("suffix"))
    }

    @Test func `best_of up to n passes without the capability`() {
        for value in [0, 1, .null] as [JSONValue] { #expect(faultOf(["best_of": value]) == nil) }
        #expect(faultOf(["best_of": 3, "n": 3], .choices) == nil)
        #expect(faultOf(["best_of": 4, "n": 3], .choices) == .unsupported("best_of"))
        #expect(faultOf(["best_of": 3]) == .unsupported("best_of"))
        #expect(faultOf(["best_of": 3], .bestOf) == nil)
    }

    @Test func `response_format is validated, and needs the capability`() {
        #expect(faultOf(["response_format": ["type": "text"]]) == nil)
        #expect(faultOf(["response_format": ["type": "json_object"]]) == .unsupported("response_format"))
        #expect(faultOf(["response_format": ["type": "json_object"]], .responseFormat) == nil)
        #expect(faultOf(["response_format": ["type": "xml"]], .responseFormat) == .invalid("response_format.type"))
    }
}
