import MartletJSON
import MartletOpenAI
import Testing

struct FieldRuleTests {
    private func chatFault(_ fields: JSONObject, _ capabilities: Capabilities = []) -> Fault? {
        fault { () throws(OpenAIError) in try chat(fields, capabilities) }
    }

    private func completionFault(_ fields: JSONObject, _ capabilities: Capabilities = []) -> Fault? {
        fault { () throws(OpenAIError) in try completion(fields, capabilities) }
    }

    private func embeddingFault(_ fields: JSONObject, _ capabilities: Capabilities = []) -> Fault? {
        fault { () throws(OpenAIError) in try embedding(fields, capabilities) }
    }

    @Test(
        arguments: [
            ("frequency_penalty", 0.5), ("presence_penalty", -1), ("repetition_penalty", 1.1), ("length_penalty", 2),
            ("logit_bias", ["1": 5]), ("response_format", ["type": "json_object"]), ("top_k", 5), ("min_p", 0.1),
            ("min_tokens", 1), ("ignore_eos", true), ("stop_token_ids", [1]), ("bad_words", ["x"]),
            ("allowed_token_ids", [1]), ("use_beam_search", true), ("include_stop_str_in_output", true),
            ("skip_special_tokens", false), ("truncate_prompt_tokens", 5), ("prompt_logprobs", 1),
            ("return_token_ids", true), ("guided_json", ["a": 1]), ("structured_outputs", ["a": 1]),
            ("grammar", "root ::= x"), ("json_schema", ["a": 1]), ("echo", true),
        ] as [(String, JSONValue)])
    func `what both kinds of completion cannot honour is refused`(name: String, value: JSONValue) {
        #expect(chatFault([name: value]) == .unsupported(name))
        #expect(completionFault([name: value]) == .unsupported(name))
    }

    @Test(
        arguments: [
            ("tools", [["type": "function", "function": ["name": "f"]]]), ("tool_choice", "required"),
            ("tool_choice", ["type": "function", "function": ["name": "f"]]), ("functions", [["name": "f"]]),
            ("function_call", ["name": "f"]), ("modalities", ["text", "audio"]), ("audio", ["voice": "a"]),
            ("logprobs", true), ("top_logprobs", 3), ("reasoning_effort", "high"),
            ("prediction", ["type": "content", "content": "x"]), ("web_search_options", ["a": 1]),
            ("moderation", ["a": 1]), ("add_generation_prompt", false), ("continue_final_message", true),
            ("chat_template", "x"), ("chat_template_kwargs", ["a": 1]), ("documents", [["a": 1]]),
            ("response_format", ["type": "json_schema", "json_schema": ["name": "x"]]),
        ] as [(String, JSONValue)])
    func `what a chat cannot honour is refused`(name: String, value: JSONValue) {
        #expect(chatFault([name: value]) == .unsupported(name))
    }

    @Test(
        arguments: [
            ("suffix", "x"), ("best_of", 3), ("logprobs", 2), ("logprobs", 0), ("logprobs", true),
            ("add_special_tokens", false),
        ] as [(String, JSONValue)])
    func `what a plain completion cannot honour is refused`(name: String, value: JSONValue) {
        #expect(completionFault([name: value]) == .unsupported(name))
    }

    @Test func `what an embedding cannot honour is refused`() {
        #expect(embeddingFault(["dimensions": 64]) == .unsupported("dimensions"))
        #expect(embeddingFault(["truncate_prompt_tokens": 5]) == .unsupported("truncate_prompt_tokens"))
        #expect(embeddingFault(["dimensions": .null]) == nil)
        #expect(embeddingFault(["dimensions": 64], .dimensions) == nil)
    }

    @Test(
        arguments: [
            ["frequency_penalty": 0, "presence_penalty": 0.0, "repetition_penalty": 1.0, "logit_bias": [:]],
            ["top_k": -1, "min_p": 0, "min_tokens": 0, "ignore_eos": false, "stop_token_ids": []], ["top_k": 0],
            ["echo": false, "skip_special_tokens": true, "return_token_ids": false, "logprobs": false],
            ["response_format": ["type": "text"], "grammar": "", "bad_words": [], "truncate_prompt_tokens": .null],
        ] as [JSONObject])
    func `neutral values pass in both kinds of completion`(fields: JSONObject) {
        #expect(chatFault(fields) == nil)
        #expect(completionFault(fields) == nil)
    }

    @Test(
        arguments: [
            ["tools": [], "tool_choice": "none"], ["tool_choice": "auto", "functions": [], "function_call": "none"],
            ["modalities": ["text"], "reasoning_effort": "none", "prediction": .null, "audio": .null],
            ["logprobs": 0, "top_logprobs": 0, "chat_template_kwargs": [:], "documents": []],
            ["add_generation_prompt": true, "continue_final_message": false, "add_special_tokens": false],
        ] as [JSONObject])
    func `neutral values pass in a chat`(fields: JSONObject) {
        #expect(chatFault(fields) == nil)
    }

    @Test func `best_of passes when it asks for no more than n`() {
        for value in [0, 1] as [JSONValue] { #expect(completionFault(["best_of": value]) == nil) }
        #expect(completionFault(["best_of": 3, "n": 3], .choices) == nil)
        #expect(completionFault(["best_of": 4, "n": 3], .choices) == .unsupported("best_of"))
    }

    @Test func `neutral suffixes pass in a plain completion`() {
        #expect(completionFault(["suffix": "", "add_special_tokens": true]) == nil)
    }

    @Test(
        arguments: [
            ("tools", [["type": "function"]], .tools), ("tool_choice", "required", .tools),
            ("response_format", ["type": "json_object"], .responseFormat), ("logit_bias", ["1": 5], .logitBias),
            ("audio", ["voice": "a"], .audio),
        ] as [(String, JSONValue, Capabilities)])
    func `a capability lets its fields through and no others`(
        name: String, value: JSONValue, capability: Capabilities
    ) {
        let all: Capabilities = [
            .tools, .choices, .responseFormat, .logitBias, .suffix, .images, .audio, .dimensions,
        ]
        #expect(chatFault([name: value], capability) == nil)
        #expect(chatFault([name: value], all.subtracting(capability)) == .unsupported(name))
    }

    @Test func `a suffix passes for a model that fills in the middle`() {
        #expect(completionFault(["suffix": "x"], .suffix) == nil)
    }

    @Test(arguments: [
        "user", "metadata", "store", "service_tier", "parallel_tool_calls", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention", "verbosity", "max_token", "anything",
    ])
    func `fields without effect and unknown fields pass everywhere`(name: String) {
        for value in ["x", 1, true, ["a": "b"]] as [JSONValue] {
            #expect(chatFault([name: value]) == nil)
            #expect(completionFault([name: value]) == nil)
            #expect(embeddingFault([name: value]) == nil)
        }
    }

    @Test func `the refusal says what to do`() {
        let error = #expect(throws: OpenAIError.self) { try chat(["top_k": 5]) }
        #expect(error?.message == "`top_k` is not supported by this model; leave it out or set it to `0`.")
    }
}
