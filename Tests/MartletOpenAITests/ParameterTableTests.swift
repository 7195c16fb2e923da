import Foundation
import MartletJSON
import MartletOpenAI
import Testing

struct ParameterTableTests {
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
            ("length_penalty", 2), ("logit_bias", ["1": 5]), ("response_format", ["type": "json_object"]),
            ("bad_words", ["x"]), ("allowed_token_ids", [1]), ("use_beam_search", true),
            ("include_stop_str_in_output", true), ("skip_special_tokens", false), ("truncate_prompt_tokens", 5),
            ("prompt_logprobs", 1), ("guided_json", ["a": 1]), ("structured_outputs", ["a": 1]),
            ("grammar", "root ::= x"), ("json_schema", ["a": 1]), ("echo", true), ("typical_p", 0.5), ("mirostat", 2),
        ] as [(String, JSONValue)])
    func `what both kinds of completion cannot honour is refused`(name: String, value: JSONValue) {
        #expect(chatFault([name: value]) == .unsupported(name))
        #expect(completionFault([name: value]) == .unsupported(name))
    }

    @Test(
        arguments: [
            ("tools", [["type": "function", "function": ["name": "f"]]]), ("functions", [["name": "f"]]),
            ("function_call", ["name": "f"]), ("modalities", ["text", "audio"]), ("audio", ["voice": "a"]),
            ("logprobs", true), ("prediction", ["type": "content", "content": "x"]), ("web_search_options", ["a": 1]),
            ("moderation", ["a": 1]), ("chat_template", "x"), ("documents", [["a": 1]]),
            ("response_format", ["type": "json_schema", "json_schema": ["name": "x"]]),
        ] as [(String, JSONValue)])
    func `what a chat cannot honour is refused`(name: String, value: JSONValue) {
        #expect(chatFault([name: value]) == .unsupported(name))
    }

    @Test(
        arguments: [
            ("suffix", "x"), ("best_of", 3), ("logprobs", 2), ("logprobs", 0), ("add_special_tokens", false),
        ] as [(String, JSONValue)])
    func `what a plain completion cannot honour is refused`(name: String, value: JSONValue) {
        #expect(completionFault([name: value]) == .unsupported(name))
    }

    @Test func `what an embedding cannot honour is refused`() throws {
        #expect(embeddingFault(["dimensions": 64]) == .unsupported("dimensions"))
        #expect(embeddingFault(["truncate_prompt_tokens": 5]) == .unsupported("truncate_prompt_tokens"))
        #expect(embeddingFault(["dimensions": .null]) == nil)
        #expect(try embedding(["dimensions": 64], .dimensions).dimensions == 64)
        for value in [0, -1, 1.5, "64"] as [JSONValue] {
            #expect(embeddingFault(["dimensions": value], .dimensions) == .invalid("dimensions"))
        }
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
            ["tools": [], "tool_choice": "none"], ["functions": [], "function_call": "none"],
            ["modalities": ["text"], "reasoning_effort": "none", "prediction": .null, "audio": .null],
            ["logprobs": false, "top_logprobs": 0, "chat_template_kwargs": [:], "documents": []],
            ["add_generation_prompt": true, "continue_final_message": false, "add_special_tokens": false],
        ] as [JSONObject])
    func `neutral values pass in a chat`(fields: JSONObject) {
        #expect(chatFault(fields) == nil)
    }

    @Test func `best_of passes when it asks for no more than n`() {
        for value in [0, 1] as [JSONValue] { #expect(completionFault(["best_of": value]) == nil) }
        #expect(completionFault(["best_of": 3, "n": 3], .choices) == nil)
        #expect(completionFault(["best_of": 4, "n": 3], .choices) == .unsupported("best_of"))
        for value in ["3", -1, 1.5] as [JSONValue] {
            #expect(completionFault(["best_of": value]) == .invalid("best_of"))
        }
    }

    @Test func `neutral suffixes pass in a plain completion`() {
        #expect(completionFault(["suffix": "", "add_special_tokens": true]) == nil)
    }

    @Test(
        arguments: [
            ("tools", [["type": "function", "function": ["name": "f"]]], .tools),
            ("response_format", ["type": "json_object"], .responseFormat), ("logit_bias", ["1": 5], .logitBias),
            ("audio", ["voice": "a"], .audio), ("logprobs", true, .logprobs),
        ] as [(String, JSONValue, Capabilities)])
    func `a capability lets its fields through and no others`(
        name: String, value: JSONValue, capability: Capabilities
    ) {
        let all = Capabilities(rawValue: (1 << 12) - 1)
        #expect(chatFault([name: value], capability) == nil)
        #expect(chatFault([name: value], all.subtracting(capability)) == .unsupported(name))
    }

    @Test func `a suffix passes for a model that fills in the middle`() throws {
        #expect(try completion(["suffix": "x"], .suffix).suffix == "x")
    }

    @Test(arguments: [
        "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention", "max_token", "anything",
    ])
    func `fields without effect and unknown fields pass everywhere`(name: String) {
        for value in ["x", 1, true, ["a": "b"]] as [JSONValue] {
            #expect(chatFault([name: value]) == nil)
            #expect(completionFault([name: value]) == nil)
            #expect(embeddingFault([name: value]) == nil)
        }
    }

    @Test func `the refusal says what to do`() {
        let error = #expect(throws: OpenAIError.self) { try chat(["typical_p": 0.5]) }
        #expect(error?.message == "`typical_p` is not supported by this model; leave it out or set it to `1`.")
    }

    @Test(
        arguments: [
            (ParameterTable.chat, "max_token", "max_tokens"), (.chat, "temprature", "temperature"),
            (.chat, "tool_choices", "tool_choice"), (.completions, "stop_sequences", nil), (.completions, "x", nil),
            (.embeddings, "encodingformat", "encoding_format"), (.embeddings, "max_tokens", nil),
        ] as [(ParameterTable, String, String?)])
    func `an unknown parameter is told with the closest known one`(table: ParameterTable, name: String, meant: String?)
    {
        #expect(table.unknownNames(in: [name: 1]) == [name])
        let error = table.unknown(name)
        #expect(Fault(error) == .badRequest("unknown_parameter", name))
        if let meant {
            #expect(error.message.hasSuffix("did you mean `\(meant)`?"))
        } else {
            #expect(error.message.hasSuffix("leave it out."))
        }
    }

    @Test func `a name of any length is told in a few words`() {
        let error = ParameterTable.chat.unknown(String(repeating: "é", count: 10_000))
        #expect(error.message.utf8.count < 100)
        #expect((error.param?.count ?? 0) == 64)
    }

    @Test(
        arguments: [
            (ParameterTable.chat, "CreateChatCompletionRequest"), (.completions, "CreateCompletionRequest"),
            (.embeddings, "CreateEmbeddingRequest"),
        ] as [(ParameterTable, String)])
    func `every parameter of OpenAI's schema is known`(table: ParameterTable, schema: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/openai/openapi.json").standardized
        let document = try JSONValue(parsing: [UInt8](Data(contentsOf: file)))
        let schemas = try #require(document.object?["components"]?.object?["schemas"]?.object)
        func names(_ schema: JSONValue?) -> [String] {
            guard let schema = schema?.object else { return [] }
            if let name = schema["$ref"]?.string?.split(separator: "/").last { return names(schemas[String(name)]) }
            let own = schema["properties"]?.object.map { $0.map { $0.key } } ?? []
            return own + (schema["allOf"]?.array ?? []).flatMap { names($0) }
        }
        let all = names(schemas[schema])
        #expect(all.count >= 5)
        for name in all { #expect(table[name] != nil, "\(name)") }
    }
}
