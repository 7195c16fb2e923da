import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// The Responses API over a socket: what whole responses and events say.
@Suite(.serialized)
struct ResponsesWireTests {
    private static func call(_ index: Int, _ id: String? = nil, _ name: String? = nil, _ arguments: String = "")
        -> ScriptedStep
    {
        .emit(.toolCall(ToolCallFragment(index: index, id: id, name: name, arguments: arguments)))
    }

    private static func backend(_ steps: [ScriptedStep]) -> ScriptedBackend {
        var backend = ScriptedBackend(steps)
        backend.capabilities = [.tools, .toolChoice, .responseFormat, .logprobs]
        return backend
    }

    @Test func `a whole response has every member of the schema`() async throws {
        try await withClient(of: Self.backend([.text("Hel"), .text("lo")])) { client, _ in
            let more =
                #""instructions":"Be brief.","metadata":{"a":"b"},"max_output_tokens":9,"user":"u","temperature":0,"#
                + #""text":{"verbosity":"low"},"reasoning":{"effort":"low"},"prompt_cache_key":"k","truncation":"auto""#
            let response = try await client.respond(more)
            #expect(response.code == 200)
            #expect(response[field: "Content-Type"] == "application/json")
            #expect(response[field: "x-martlet-ignored-tools"] == nil)
            let json = try response.json()
            let id = try #require(json["id"]?.string)
            #expect(id.hasPrefix("resp_") && id.utf8.count == 29)
            let created = try #require(json["created_at"]?.number?.int)
            #expect(created > 1_700_000_000)
            #expect((json["completed_at"]?.number?.int ?? 0) >= created)
            var members = try #require(json.object)
            for name in ["id", "created_at", "completed_at"] { members[name] = nil }
            let expected = #"""
                {"object":"response","status":"completed","model":"scripted","background":false,"conversation":null,
                "frequency_penalty":0,"instructions":"Be brief.","max_output_tokens":9,"max_tool_calls":null,
                "metadata":{"a":"b"},"moderation":null,"parallel_tool_calls":true,"presence_penalty":0,
                "previous_response_id":null,"prompt":null,"prompt_cache_key":"k","prompt_cache_options":null,
                "prompt_cache_retention":null,"reasoning":{"effort":"low","summary":null},"safety_identifier":null,
                "service_tier":"default","store":false,"temperature":0,
                "text":{"format":{"type":"text"},"verbosity":"low"},"tool_choice":"auto","tools":[],"top_logprobs":0,
                "top_p":1,"truncation":"auto","user":"u","error":null,"incomplete_details":null,
                "output":[{"id":"msg_\#(id.dropFirst(5))0","type":"message","role":"assistant","status":"completed",
                "content":[{"type":"output_text","text":"Hello","annotations":[],"logprobs":[]}]}],
                "usage":{"input_tokens":0,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},
                "output_tokens":2,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":2}}
                """#
            let values = try JSONValue(parsing: Array(expected.utf8)).object ?? [:]
            for (name, value) in values { #expect(Self.isEqual(members[name], value), "\(name)") }
            #expect(Set(members.map(\.key)) == Set(values.map(\.key)))
        }
    }

    /// Compares numbers by value: 0 equals 0.0.
    private static func isEqual(_ left: JSONValue?, _ right: JSONValue) -> Bool {
        if let left = left?.number?.double { return left == right.number?.double }
        return left == right
    }

    @Test func `the events of a text, byte by byte`() async throws {
        try await withClient(of: Self.backend([.text("a\"b"), .text("c")])) { client, _ in
            let response = try await client.respond(#""stream":true,"stream_options":{"include_obfuscation":true}"#)
            let stream = try ResponseStream(response)
            let id = try #require(stream.events.first?["response"]?["id"]?.string?.dropFirst(5))
            let item = #""item_id":"msg_\#(id)0","output_index":0,"content_index":0"#
            let part = #"{"type":"output_text","text":"a\"bc","annotations":[],"logprobs":[]}"#
            let done =
                #"{"id":"msg_\#(id)0","type":"message","role":"assistant","content":[\#(part)],"status":"completed"}"#
            let frames = [
                (
                    "output_item.added",
                    #""output_index":0,"item":{"id":"msg_\#(id)0","type":"message","role":"assistant","content":[],"status":"in_progress"}"#
                ),
                (
                    "content_part.added",
                    #"\#(item),"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}"#
                ),
                ("output_text.delta", #"\#(item),"delta":"a\"b","logprobs":[]"#),
                ("output_text.delta", #"\#(item),"delta":"c","logprobs":[]"#),
                ("output_text.done", #"\#(item),"text":"a\"bc","logprobs":[]"#),
                ("content_part.done", #"\#(item),"part":\#(part)"#),
                ("output_item.done", #""output_index":0,"item":\#(done)"#),
            ].enumerated().map { number, event in
                "event: response.\(event.0)\ndata: {\"type\":\"response.\(event.0)\",\(event.1),\"sequence_number\":\(number + 2)}"
            }
            #expect(Array(response.events[2..<9]) == frames)
            #expect(response.events.count == 10)
            #expect(stream.types[..<2] == ["response.created", "response.in_progress"])
            #expect(stream.events[0]["response"]?["status"] == "in_progress")
            #expect(stream.events[0]["response"]?["usage"] == .some(.null))
            #expect(stream.types.last == "response.completed")
            #expect(stream.last?["status"] == "completed")
        }
    }

    /// A reply, what asks for it, and the events between the opening and the end, without what all items have.
    struct Reply: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let steps: [ScriptedStep]
        var more = ""
        let types: [String]
        var end = "completed"
    }

    private static let message: [String] = [
        "content_part.added", "output_text.delta", "output_text.done", "content_part.done",
    ]
    /// The events of a text, as an item.
    private static let item: [String] = ["+"] + message + ["-"]
    private static let functionCall: [String] = [
        "+", "function_call_arguments.delta", "function_call_arguments.done", "-",
    ]
    private static let tools =
        #""tools":[{"type":"function","name":"f"},{"type":"custom","name":"c"},{"type":"web_search"}]"#

    static let replies: [Reply] = [
        Reply(testDescription: "nothing", steps: [], types: item.filter { $0 != "output_text.delta" }),
        Reply(
            testDescription: "reasoning and text", steps: [.emit(.reasoning("hm")), .text("a")],
            types: ["+", "content_part.added", "reasoning_text.delta", "reasoning_text.done", "content_part.done", "-"]
                + item),
        Reply(
            testDescription: "a summary", steps: [.emit(.reasoning("hm")), .text("a")],
            more: #""reasoning":{"summary":"auto"},"include":["reasoning.encrypted_content"]"#,
            types: [
                "+", "reasoning_summary_part.added", "reasoning_summary_text.delta", "reasoning_summary_text.done",
                "reasoning_summary_part.done", "-",
            ] + item),
        Reply(
            testDescription: "a text and two calls",
            steps: [
                .text("a"), call(0, "call_a", "f", "{\"x\""), call(0, nil, nil, ":1}"), call(1, "call_a", "f", "{}"),
                .emit(.finish(.toolCalls)),
            ], more: tools,
            types: item + ["+", "function_call_arguments.delta"] + functionCall.dropFirst() + functionCall),
        Reply(
            testDescription: "a text after a call", steps: [call(0, "call_a", "f", "{}"), .text("a")], more: tools,
            types: functionCall + item),
        Reply(
            testDescription: "a custom tool",
            steps: [call(0, "call_a", "c", #"{"input":"#), call(0, nil, nil, #""a\n"}"#)],
            more: tools, types: ["+", "custom_tool_call_input.delta", "custom_tool_call_input.done", "-"]),
        Reply(
            testDescription: "a cut text", steps: [.text("a"), .text("b")], more: #""max_output_tokens":1"#,
            types: item, end: "incomplete"),
        Reply(
            testDescription: "a cut call", steps: [call(0, "call_a", "f", #"{"x":"#), call(0, nil, nil, "1}")],
            more: tools + #","max_output_tokens":1"#, types: ["+", "function_call_arguments.delta", "-"],
            end: "incomplete"),
        Reply(
            testDescription: "a cut custom tool", steps: [call(0, "call_a", "c", #"{"input":"a\u00"#)],
            more: tools + #","max_output_tokens":1"#, types: ["+", "custom_tool_call_input.delta", "-"],
            end: "incomplete"),
        Reply(
            testDescription: "a filter", steps: [.text("a"), .emit(.finish(.contentFilter))],
            types: item, end: "incomplete"),
        Reply(
            testDescription: "a cut thought", steps: [.emit(.reasoning("hm")), .text("a")],
            more: #""max_output_tokens":1"#,
            types: [
                "+", "content_part.added", "reasoning_text.delta", "reasoning_text.done", "content_part.done", "-",
            ],
            end: "incomplete"),
    ]

    @Test(arguments: replies)
    func `whole and streamed responses agree, and events come in order`(reply: Reply) async throws {
        try await withClient(of: Self.backend(reply.steps)) { client, _ in
            let streamed = try await client.respond(
                reply.more.isEmpty ? #""stream":true"# : #""stream":true,\#(reply.more)"#)
            let stream = try ResponseStream(streamed)
            let types = reply.types.map { $0 == "+" ? "output_item.added" : $0 == "-" ? "output_item.done" : $0 }
            #expect(stream.shortTypes == ["created", "in_progress"] + types + [reply.end])
            let whole = try await client.respond(reply.more)
            #expect(try whole.json().comparable == stream.last?.comparable)
            #expect(stream.last?["status"] == .string(reply.end))
            let ignored = reply.more.contains("web_search") ? "web_search" : nil
            #expect(streamed[field: "x-martlet-ignored-tools"] == ignored)
            #expect(whole[field: "x-martlet-ignored-tools"] == ignored)
            for (index, item) in (stream.last?["output"]?.array ?? []).enumerated() {
                let text =
                    item["arguments"] ?? item["input"] ?? item["summary"]?[0]?["text"] ?? item["content"]?[0]?["text"]
                #expect(stream.text(ofItemAt: index) == text?.string)
            }
        }
    }

    @Test func `a cut item is incomplete, and the response says why`() async throws {
        let steps = [Self.call(0, "call_a", "f", #"{"x":"#), Self.call(0, nil, nil, "1}")]
        try await withClient(of: Self.backend(steps)) { client, _ in
            let cut = try await client.respond(Self.tools + #","max_output_tokens":1"#).json()
            #expect(cut["output"]?[0]?["status"] == "incomplete")
            #expect(cut["incomplete_details"] == ["reason": "max_output_tokens"])
            #expect(cut["completed_at"] == .some(.null))
            // A call that the limit ends at its last token is complete.
            let complete = try await client.respond(Self.tools + #","max_output_tokens":2"#).json()
            #expect(complete["output"]?[0]?["status"] == "completed")
            #expect(complete["status"] == "incomplete")
        }
        try await withClient(of: Self.backend([.text("a"), .emit(.finish(.contentFilter))])) { client, _ in
            let filtered = try await client.respond().json()
            #expect(filtered["incomplete_details"] == ["reason": "content_filter"])
            #expect(filtered["output"]?[0]?["status"] == "incomplete")
        }
    }

    @Test func `a custom tool's input is the text that the model wrote`() async throws {
        let arguments = [#"{"input":"a\n\"b\""}"#, "plain", #"{"other":1}"#]
        for (text, input) in zip(arguments, ["a\n\"b\"", "plain", #"{"other":1}"#]) {
            try await withClient(of: Self.backend([Self.call(0, "call_a", "c", text)])) { client, _ in
                let item = try await client.respond(Self.tools).json()["output"]?[0]
                #expect(item?["type"] == "custom_tool_call")
                #expect(item?["input"] == .string(input))
                #expect(item?["call_id"] == "call_a")
                #expect(item?["id"]?.string?.hasPrefix("ctc_") == true)
            }
        }
    }

    @Test func `encrypted content comes with the complete thought, and a client can send it back`() async throws {
        let seen = Mutex<[ChatMessage]>([])
        let probe = ChatProbe { request, sink in
            seen.withLock { $0 = request.messages }
            try await sink.emit(.reasoning("hm"))
            try await sink.emit("a")
        }
        try await withClient(of: probe) { client, _ in
            let include = #""include":["reasoning.encrypted_content"]"#
            let first = try await client.respond(include).json()
            let output = try #require(first["output"]?.array)
            #expect(output[0]["encrypted_content"]?.string?.isEmpty == false)
            #expect(output[0]["content"]?[0]?["text"] == "hm")
            let stream = try ResponseStream(try await client.respond(include + #","stream":true"#))
            #expect(stream.events[2]["item"]?["encrypted_content"] == .some(.null))
            #expect(stream.last?["output"]?[0]?["encrypted_content"] == output[0]["encrypted_content"])
            var thought = try #require(output[0].object)
            thought["content"] = nil
            let input = JSONValue.array([["role": "user", "content": "Hi"], .object(thought), output[1]])
            #expect(try await client.respond(input: input.description).code == 200)
            let messages = seen.withLock { $0 }
            #expect(messages.map(\.reasoning) == [nil, "hm"])
            #expect(messages.map(\.text) == ["Hi", "a"])
        }
    }

    @Test func `log-probabilities are in texts and their pieces`() async throws {
        let token = Token(id: 1, bytes: [0x61], logprob: -0.5, topLogprobs: [.init(bytes: [0x62], logprob: -1)])
        try await withClient(of: Self.backend([.emit(.token(token))])) { client, _ in
            let more = #""include":["message.output_text.logprobs"],"top_logprobs":1"#
            let text =
                #"[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[{"token":"b","logprob":-1.0,"bytes":[98]}]}]"#
            let full = try JSONValue(parsing: Array(text.utf8))
            #expect(try await client.respond(more).json()["output"]?[0]?["content"]?[0]?["logprobs"] == full)
            let stream = try ResponseStream(try await client.respond(more + #","stream":true"#))
            let pieces = #"[{"token":"a","logprob":-0.5,"top_logprobs":[{"token":"b","logprob":-1.0}]}]"#
            let short = try JSONValue(parsing: Array(pieces.utf8))
            #expect(stream.events[4]["logprobs"] == short)
            #expect(stream.events[5]["logprobs"] == short)
            #expect(stream.last?["output"]?[0]?["content"]?[0]?["logprobs"] == full)
        }
    }

    @Test func `usage is the backend's`() async throws {
        let steps = [ScriptedStep.text("a"), .emit(.usage(promptTokens: 7, completionTokens: 3, cachedTokens: 5))]
        try await withClient(of: Self.backend(steps)) { client, _ in
            for more in ["", #""stream":true"#] {
                let response = try await client.respond(more)
                let usage = more.isEmpty ? try response.json()["usage"] : try ResponseStream(response).last?["usage"]
                #expect(usage?["input_tokens"] == 7)
                #expect(usage?["input_tokens_details"]?["cached_tokens"] == 5)
                #expect(usage?["output_tokens"] == 3)
                #expect(usage?["total_tokens"] == 10)
            }
        }
    }

    @Test func `input tokens are those of the template`() async throws {
        try await withClient(of: LetterBackend()) { client, _ in
            let body = #"{"model":"scripted","instructions":"abc","input":"Hello"}"#
            for path in ["/v1/responses/input_tokens", "/responses/input_tokens"] {
                let response = try await client.ask(.post, path, body: body)
                #expect(response.code == 200)
                #expect(try response.json() == ["object": "response.input_tokens", "input_tokens": 8])
            }
        }
    }
}
