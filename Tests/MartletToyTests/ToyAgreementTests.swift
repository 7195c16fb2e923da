import Martlet
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletUV
import Testing

@testable import MartletEngine
@testable import MartletToy

/// A streamed reply, a whole reply and a completion of the rendered prompt have the same content.
struct ToyAgreementTests {
    /// The content of a choice, independent of its form.
    private struct Reply: Equatable {
        var text = ""
        var reasoning = ""
        var calls: [[String]] = []
        var logprobs: [JSONValue] = []
        var tokenIDs: [JSONValue] = []
        var finishReasons: [JSONValue] = []
    }

    private static let questions = [
        "What is the capital of France?", "What is the weather in Oslo?", "What is 12 plus 30?", "Say hello.",
        "Tell me a story about Ada 😀", "What is 7 times 8?",
    ]

    private static func pick<Element>(_ choices: [Element], _ random: inout SplitMix64) -> Element {
        choices[Int(random.next() % UInt64(choices.count))]
    }

    /// A random seeded request with some sampling parameters and some of the toy's capabilities.
    private static func parameters(_ random: inout SplitMix64) -> JSONObject {
        var body: JSONObject = [
            "seed": .number(JSONNumber(Int(random.next() % 1000))), "return_token_ids": true,
            "temperature": pick([0, 0.7, 1.3], &random), "n": pick([1, 1, 2, 3], &random),
            "max_tokens": pick([3, 12, 40], &random),
        ]
        let extras: [JSONObject] = [
            ["top_k": 5], ["top_p": 0.8], ["min_p": 0.05], ["frequency_penalty": 0.5], ["presence_penalty": 0.5],
            ["repetition_penalty": 1.1], ["stop": ["e", "is"]], ["stop": "."], ["stop_token_ids": [5, 20]],
            ["min_tokens": 2], ["ignore_eos": true], ["typical_p": 0.6], ["logit_bias": ["30": 3, "31": -100]],
        ]
        for _ in 0..<3 { for (name, value) in pick(extras, &random) { body[name] = value } }
        return body
    }

    private static func chat(_ random: inout SplitMix64) -> JSONObject {
        var body = parameters(&random)
        body["messages"] = [["role": "user", "content": .string(pick(questions, &random))]]
        if pick([true, false], &random) { body["reasoning_effort"] = "high" }
        if pick([true, false], &random) {
            body["tools"] = [["type": "function", "function": ["name": pick(["get_weather", "calculate"], &random)]]]
            body["parallel_tool_calls"] = pick([true, false], &random)
        }
        if pick([true, false], &random) {
            body["logprobs"] = true
            body["top_logprobs"] = pick([0, 2], &random)
        }
        return body
    }

    private static func completion(_ random: inout SplitMix64) -> JSONObject {
        var body = parameters(&random)
        body["prompt"] = pick(["Once upon a time", ["One", "The cat sat"], [5, 6, 7], [[8], [9, 10]]], &random)
        if pick([true, false], &random) { body["echo"] = true }
        if pick([true, false], &random) { body["logprobs"] = pick([0, 1, 3], &random) }
        return body
    }

    // MARK: Asking

    private func ask(_ path: String, _ body: JSONObject, isStreamed: Bool, in client: RawClient) async throws -> (
        [Int: Reply], JSONValue?
    ) {
        var body = body
        body["stream"] = .bool(isStreamed)
        body["stream_options"] = ["include_usage": true, "continuous_usage_stats": true]
        let response = try await client.ask(.post, path, body: JSONValue.object(body).description)
        #expect(response.code == 200, "\(response.text)")
        var objects = [try? response.json()].compactMap(\.self)
        if isStreamed {
            let events = response.events.filter { $0.hasPrefix("data: {") }
            objects = try events.map { try JSONValue(parsing: Array($0.dropFirst(6).utf8)) }
        }
        var replies: [Int: Reply] = [:]
        for choice in objects.flatMap({ $0["choices"]?.array ?? [] }) {
            let index = try #require(choice["index"]?.number?.int)
            try add(choice, to: &replies[index, default: Reply()])
        }
        var usage = objects.last?["usage"]?.object
        // The number of cached tokens depends on earlier requests.
        usage?["prompt_tokens_details"] = nil
        return (replies, usage.map(JSONValue.object))
    }

    private func add(_ choice: JSONValue, to reply: inout Reply) throws {
        let content = choice["delta"] ?? choice["message"] ?? choice
        reply.text += content["content"]?.string ?? content["text"]?.string ?? ""
        reply.reasoning += content["reasoning_content"]?.string ?? ""
        for (place, call) in (content["tool_calls"]?.array ?? []).enumerated() {
            let index = call["index"]?.number?.int ?? place
            if reply.calls.count == index { reply.calls.append(["", ""]) }
            reply.calls[index][0] += call["function"]?["name"]?.string ?? ""
            reply.calls[index][1] += call["function"]?["arguments"]?.string ?? ""
        }
        let logprobs = choice["logprobs"]?.object ?? [:]
        reply.logprobs += logprobs["content"]?.array ?? []
        let columns = ["tokens", "token_logprobs", "top_logprobs", "text_offset"].map { logprobs[$0]?.array ?? [] }
        reply.logprobs += columns[0].indices.map { row in .array(columns.map { $0[row] }) }
        reply.tokenIDs += choice["token_ids"]?.array ?? []
        if let reason = choice["finish_reason"], !reason.isNull { reply.finishReasons.append(reason) }
    }

    @Test func `a streamed reply equals the whole reply, for any request`() async throws {
        try await withToy { client, _ in
            var random = SplitMix64(seed: 7)
            for round in 0..<80 {
                let isChat = round % 2 == 0
                let body = isChat ? Self.chat(&random) : Self.completion(&random)
                let path = isChat ? "/v1/chat/completions" : "/v1/completions"
                let (whole, usage) = try await ask(path, body, isStreamed: false, in: client)
                let (streamed, streamedUsage) = try await ask(path, body, isStreamed: true, in: client)
                #expect(streamed == whole, "round \(round): \(JSONValue.object(body))")
                #expect(streamedUsage == usage, "round \(round): \(JSONValue.object(body))")
                #expect(whole.values.allSatisfy { $0.finishReasons.count == 1 })
            }
        }
    }

    @Test func `a chat equals the completion of the prompt that its template renders`() async throws {
        let contents = ["Hi", "", "\n\nTwo lines\n", "  spaces  ", "日本 😀", "a\nassistant\nb", "What is 3 plus 4?"]
        try await withToy { client, _ in
            for (n, content) in contents.enumerated() {
                var chat: JSONObject = [
                    "temperature": 0, "max_tokens": 20, "return_token_ids": true,
                    "messages": [
                        ["role": "system", "content": .string(contents[(n + 3) % contents.count])],
                        ["role": "user", "content": .string(content)],
                    ],
                ]
                if n % 2 == 1 { chat["tools"] = [["type": "function", "function": ["name": "get_weather"]]] }
                let rendered = try await client.ask(
                    .post, "/apply-template", body: JSONValue.object(chat).description
                ).json()
                let completion: JSONObject = [
                    "temperature": 0, "max_tokens": 20, "return_token_ids": true, "prompt": rendered["prompt"] ?? "",
                ]
                let (chatReply, chatUsage) = try await ask("/v1/chat/completions", chat, isStreamed: false, in: client)
                let (completed, usage) = try await ask("/v1/completions", completion, isStreamed: false, in: client)
                #expect(
                    completed[0]?.tokenIDs.starts(with: chatReply[0]?.tokenIDs ?? []) == true,
                    "\(content.debugDescription)")
                #expect(chatUsage?["total_tokens"] == usage?["total_tokens"])
                let tokens = try await client.ask(
                    .post, "/tokenize", body: JSONValue.object(["prompt": rendered["prompt"] ?? ""]).description)
                #expect(try tokens.json()["tokens"] == rendered["tokens"])
            }
        }
    }

    @Test func `text is tokenized and detokenized`() async throws {
        try await withToy { client, _ in
            func ask(_ path: String, _ body: JSONObject) async throws -> JSONValue {
                try await client.ask(.post, path, body: JSONValue.object(body).description).json()
            }
            let text = "The cat sat. <|im_end|>"
            for (path, name) in [("/tokenize", "prompt"), ("/v1/tokenize", "content")] {
                let reply = try await ask(path, [name: .string(text), "return_token_strs": true])
                let tokens = reply["tokens"]?.array ?? []
                #expect(tokens.last == 2)
                #expect(reply["count"] == .number(JSONNumber(tokens.count)))
                #expect(reply["max_model_len"]?.number?.int == Fixture.model.configuration.contextLength)
                #expect((reply["token_strs"]?.array ?? []).compactMap(\.string).joined() == text)
                let back = try await ask("/detokenize", ["tokens": .array(tokens)])
                #expect(back["prompt"] == .string(text))
                #expect(back["content"] == .string(text))
            }
            let plain = try await ask("/tokenize", ["content": .string(text), "parse_special": false])
            #expect((plain["tokens"]?.array ?? []).contains(2) == false)
            let pieces = try await ask("/tokenize", ["content": "The cat", "with_pieces": true])
            #expect(pieces["tokens"]?.array?.compactMap { $0["piece"]?.string }.joined() == "The cat")
            #expect(pieces["tokens"]?.array?.allSatisfy { $0["id"]?.number != nil } == true)
            #expect(try await ask("/tokenize", ["prompt": ""])["count"] == 0)
            let info = try await client.ask(.get, "/tokenizer_info").json()
            #expect(info["eos_token"] == "<|endoftext|>")
            #expect(info["model_max_length"]?.number?.int == Fixture.model.configuration.contextLength)
        }
    }

    @Test(
        arguments: [
            ("/tokenize", "{}", "prompt", "missing_required_parameter"),
            ("/tokenize", #"{"prompt":"a","content":"b"}"#, "content", "invalid_value"),
            ("/tokenize", #"{"prompt":["a"]}"#, "prompt", "invalid_value"),
            ("/tokenize", #"{"messages":[]}"#, "messages", "invalid_value"),
            ("/detokenize", "{}", "tokens", "missing_required_parameter"),
            ("/detokenize", #"{"tokens":"a"}"#, "tokens", "invalid_value"),
            ("/detokenize", #"{"tokens":[1,-1]}"#, "tokens[1]", "invalid_value"),
            ("/detokenize", #"{"tokens":[5000]}"#, "tokens", "invalid_value"),
            ("/apply-template", #"{"messages":[{"role":"x","content":"a"}]}"#, "messages[0].role", "invalid_value"),
            ("/tokenize", #"{"model":"x","prompt":"a"}"#, "model", "model_not_found"),
        ])
    func `input that cannot be tokenized is refused with its param`(
        path: String, body: String, param: String, code: String
    )
        async throws
    {
        try await withToy { client, _ in
            let response = try await client.ask(.post, path, body: body)
            #expect(response.code == (code == "model_not_found" ? 404 : 400))
            let error = try response.json()["error"]
            #expect(error?["param"] == .string(param))
            #expect(error?["code"] == .string(code))
        }
    }
}
