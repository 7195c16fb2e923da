import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

/// The handling of gated and ignored parameters, in every table.
struct ParameterTests {
    private static let everything = Capabilities(rawValue: .max)

    private func chatFault(_ fields: JSONObject, _ capabilities: Capabilities = []) -> Fault? {
        fault { () throws(OpenAIError) in try chat(fields, capabilities) }
    }

    private func completionFault(_ fields: JSONObject, _ capabilities: Capabilities = []) -> Fault? {
        fault { () throws(OpenAIError) in try completion(fields, capabilities) }
    }

    private func embeddingFault(_ fields: JSONObject, _ capabilities: Capabilities = []) -> Fault? {
        fault { () throws(OpenAIError) in try embedding(fields, capabilities) }
    }

    /// The error of each endpoint for one of its parameters.
    private func faults(
        _ isAsked: (Parameter) -> Bool, _ values: (Parameter) -> [JSONValue], _ capabilities: Capabilities = []
    ) -> [(name: String, fault: Fault?)] {
        func ask(_ all: [Parameter], _ fault: (JSONObject, Capabilities) -> Fault?) -> [(String, Fault?)] {
            all.filter(isAsked).flatMap { parameter in
                values(parameter).map { (parameter.name, fault([parameter.name: $0], capabilities)) }
            }
        }
        return ask(ChatRequest.parameters.all, chatFault) + ask(CompletionRequest.parameters.all, completionFault)
            + ask(EmbeddingRequest.parameters.all, embeddingFault)
    }

    private func isGated(_ parameter: Parameter) -> Bool {
        if case .gated = parameter.handling { true } else { false }
    }

    @Test(
        arguments: [
            ("length_penalty", 2), ("logit_bias", ["1": 5]), ("response_format", ["type": "json_object"]),
            ("bad_words", ["x"]), ("allowed_token_ids", [1]), ("use_beam_search", true),
            ("include_stop_str_in_output", true), ("skip_special_tokens", false), ("truncate_prompt_tokens", 5),
            ("prompt_logprobs", 1), ("guided_json", ["a": 1]), ("structured_outputs", ["regex": "a"]),
            ("grammar", "root ::= x"), ("json_schema", ["a": 1]), ("repeat_penalty", 1.5), ("mirostat", 2),
            ("dry_multiplier", 0.8), ("xtc_probability", 0.5), ("n_predict", 5), ("echo", true), ("n", 2),
        ] as [(String, JSONValue)])
    func `unsupported parameters of both kinds of generation are refused`(name: String, value: JSONValue) {
        #expect(chatFault([name: value]) == .unsupported(name))
        #expect(completionFault([name: value]) == .unsupported(name))
    }

    @Test(
        arguments: [
            ("functions", [["name": "f"]]), ("function_call", ["name": "f"]), ("modalities", ["text", "audio"]),
            ("audio", ["voice": "a"]), ("prediction", ["type": "content", "content": "x"]),
            ("web_search_options", [:]), ("moderation", ["a": 1]), ("chat_template", "x"), ("documents", [["a": 1]]),
            ("mm_processor_kwargs", ["a": 1]), ("add_special_tokens", true), ("reasoning_format", "none"),
            ("response_format", ["type": "json_schema", "json_schema": ["name": "x"]]),
        ] as [(String, JSONValue)])
    func `unsupported parameters of a chat are refused`(name: String, value: JSONValue) {
        #expect(chatFault([name: value]) == .unsupported(name))
    }

    @Test func `unsupported parameters of completions and embeddings are refused`() {
        #expect(completionFault(["add_special_tokens": false]) == .unsupported("add_special_tokens"))
        for (name, value) in [("truncate_prompt_tokens", 5), ("truncate", true), ("embd_normalize", -1)]
            as [(String, JSONValue)]
        {
            #expect(embeddingFault([name: value]) == .unsupported(name))
        }
    }

    @Test func `no gated parameter accepts an unknown value`() {
        let answers = faults(isGated) { _ in [["x": 1], "?"] }
        #expect(answers.count > 100)
        for (name, fault) in answers {
            #expect(fault?.status == 400, "\(name)")
            #expect(fault?.param == name || fault?.param?.hasPrefix("\(name).") == true, "\(name)")
        }
    }

    @Test func `neutral values and null pass without any capability`() {
        // `tool_choice` needs `tools`, even with a neutral value.
        let isAsked = { (parameter: Parameter) in isGated(parameter) && parameter.name != "tool_choice" }
        for capabilities in [[], Self.everything] as [Capabilities] {
            let answers = faults(isAsked, { $0.neutral + [.null] }, capabilities)
            #expect(answers.count > 100)
            for (name, fault) in answers { #expect(fault == nil, "\(name)") }
        }
    }

    @Test func `neutral numbers are compared by value`() {
        #expect(completionFault(["length_penalty": 1.0, "mirostat": 0.0, "best_of": 1.0, "n": 1.0]) == nil)
    }

    @Test func `ignored parameters accept any value`() {
        let answers = faults({ $0.handling == .ignored }, { _ in ["x", 1, true, ["a": "b"], [], .null] })
        #expect(answers.contains { $0.name == "user" })
        for (name, fault) in answers { #expect(fault == nil, "\(name)") }
    }

    @Test(
        arguments: [
            ("audio", ["voice": "a"], .audio), ("logit_bias", ["1": 5], .logitBias), ("n", 2, .choices),
            ("logprobs", true, .logprobs), ("response_format", ["type": "json_object"], .responseFormat),
            ("tools", [["type": "function", "function": ["name": "f"]]], .tools),
        ] as [(String, JSONValue, Capabilities)])
    func `a capability enables its parameters and no others`(
        name: String, value: JSONValue, capability: Capabilities
    ) {
        #expect(chatFault([name: value], capability) == nil)
        #expect(chatFault([name: value], Self.everything.subtracting(capability)) == .unsupported(name))
    }

    @Test func `a value of the wrong type is refused with any capabilities`() {
        for capabilities in [[], .choices] as [Capabilities] {
            #expect(chatFault(["n": 0], capabilities) == .invalid("n"))
            #expect(chatFault(["n": "2"], capabilities) == .invalid("n"))
        }
    }

    @Test func `the refusal says how to change the request`() {
        func message(_ fields: JSONObject) -> String? {
            #expect(throws: OpenAIError.self) { try chat(fields) }?.message
        }
        #expect(
            message(["mirostat": 2])
                == "`mirostat` is not supported by this model; leave it out or set it to `0`.")
        #expect(
            message(["function_call": ["name": "f"]])
                == "`function_call` is not supported by this model; leave it out or set it to `\"auto\"` or `\"none\"`."
        )
        #expect(message(["prediction": ["a": 1]]) == "`prediction` is not supported by this model; leave it out.")
    }
}
