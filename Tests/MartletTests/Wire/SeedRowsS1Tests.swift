import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// What the interface that Martlet's descends from could do, row by row, and what it should have done.
/// Rows of the backend and of completions, models and embeddings.
@Suite(.serialized)
struct SeedRowsS1Tests {
    private let path = "/v1/chat/completions"

    @Test func `S1-1 a bare backend serves an empty list on the CPU and refuses the rest`() async throws {
        #expect(BareBackend().deviceKind == "cpu")  // S1-6
        #expect(BareBackend().modelOwner == "martlet")
        try await withClient(of: BareBackend()) { client, _ in
            #expect(try await client.ask(.get, "/v1/models").text == #"{"object":"list","data":[]}"#)  // S1-11
            // S1-3, S1-12; S1-8, S1-13; S1-src-9
            for path in [path, "/v1/completions", "/v1/embeddings"] {
                let refused = try await client.ask(.post, path, body: "{}")
                try expect(refused, is: 501, "not_implemented", code: "not_implemented")
            }
        }
    }

    @Test func `S1-2 what a chat backend says becomes the assistant's content`() async throws {
        try await withClient(of: ScriptedBackend([.text("All of it.")], [])) { client, _ in
            let said = try await client.chat().json()["choices"]?[0]?["message"]
            #expect(said?["content"] == "All of it.")
            let unsaid = try await client.chat().json()["choices"]?[0]?["message"]
            #expect(unsaid?["content"] == "")
        }
    }

    @Test func `S1-4, S1-14 a backend gets the messages as they came, and the bytes, and no template`() async throws {
        let seen = Mutex<ChatRequest?>(nil)
        var backend = ChatProbe { request, _ in seen.withLock { $0 = request } }
        backend.retainedBody = [.json, .bytes]
        try await withClient(of: backend) { client, _ in
            let body = #"{"messages":[{"role":"user","content":"<|im_start|> Hi"}],"extra":[1]}"#
            #expect(try await client.ask(.post, path, body: body).code == 200)
            let request = try #require(seen.withLock { $0 })
            #expect(request.messages == [.user("<|im_start|> Hi")])
            #expect(request.context.body == Array(body.utf8))
            #expect(request.body["extra"] == [1])
        }
    }

    @Test func `S1-5, S1-10 each emit is one frame, and the backend sees no frames and no socket`() async throws {
        let backend = ScriptedBackend([.text("a"), .text("b"), .text("c")])
        try await withClient(of: backend) { client, _ in
            let chat = try await client.chat(#""stream":true"#)
            #expect(chat.events.filter { $0.contains(#""content":"a""#) }.count == 1)
            #expect(chat.events.count == 6)
            let completion = try await client.complete(#""stream":true"#)
            #expect(completion.events.filter { $0.contains(#""text":"b""#) }.count == 1)
            #expect(completion.events.count == 5)
        }
    }

    @Test func `S1-7 the backend pools, and its vector is told as it is`() async throws {
        var backend = ScriptedBackend()
        backend.embed = { request in
            guard case .tokenIDs(let ids) = request.inputs[0] else { return Embeddings([[]]) }
            return Embeddings([[Float(ids.reduce(0, +)), Float(ids.count)]])
        }
        try await withClient(of: backend) { client, _ in
            let embedding = try await client.embed("[5,6,7]").json()["data"]?[0]?["embedding"]
            #expect(embedding == [18.0, 3.0])
            // Text and base64 too.
            #expect(try await client.embed(#""text""#, #""encoding_format":"base64""#).code == 200)
        }
    }

    @Test func `S1-9 token ids and sampling reach the backend, whose text and usage come back`() async throws {
        let backend = CompletionProbe { request, sink in
            try await sink.emit("\(request.promptTokenIDs) \(request.sampling.temperature) \(request.maxTokens)")
            try await sink.emit(.usage(promptTokens: 30, completionTokens: 12))
        }
        try await withClient(of: backend) { client, _ in
            let json = try await client.complete(#""temperature":0.5,"max_tokens":9"#).json()
            #expect(json["choices"]?[0]?["text"] == "[1, 2, 3] 0.5 9")
            #expect(json["usage"] == ["prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42])
        }
    }

    @Test func `S1-11 the names of the models are wrapped`() async throws {
        var backend = ScriptedBackend()
        backend.models = ["one", "two"]
        try await withClient(of: backend) { client, _ in
            let data = try #require(try await client.ask(.get, "/v1/models").json()["data"]?.array)
            #expect(data.map { $0["id"] } == ["one", "two"])
        }
    }

    @Test func `S1-src-1 one call serves all four endpoints`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            let responses = [
                try await client.ask(.get, "/v1/models"), try await client.complete(), try await client.chat(),
                try await client.embed("[1]"),
            ]
            #expect(responses.map(\.code) == [200, 200, 200, 200])
        }
    }

    @Test func `S1-src-2 a model has an id, its kind, a time and an owner`() async throws {
        var backend = ScriptedBackend()
        backend.modelOwner = "tep"
        try await withClient(of: backend) { client, _ in
            let list = try await client.ask(.get, "/v1/models").json()
            #expect(list["object"] == "list")
            let model = try #require(list["data"]?[0]?.object)
            #expect(model.map(\.key) == ["id", "object", "created", "owned_by"])
            #expect(model["object"] == "model")
            #expect(model["owned_by"] == "tep")
            #expect(model["created"]?.number?.int != nil)
        }
    }

    @Test func `S1-src-3 sampling reaches the backend, and what is absent has OpenAI's default`() async throws {
        let backend = CompletionProbe { request, sink in
            try await sink.emit("\(request.sampling.temperature) \(request.sampling.topP) \(request.maxTokens)")
        }
        try await withClient(of: backend) { client, _ in
            let given = try await client.complete(#""temperature":0.7,"top_p":0.9"#).json()["choices"]?[0]?["text"]
            #expect(given == "0.7 0.9 16")
            // An absent max_tokens is not 0.
            #expect(try await client.complete().json()["choices"]?[0]?["text"] == "1.0 1.0 16")
        }
    }

    @Test func `S1-src-4 ids are told where there are any, and no two replies share an id`() async throws {
        let backend = ScriptedBackend(
            [], [.emit(.token(Token(id: 5, bytes: [97]))), .emit(.token(Token(id: 6)))], [.text("a")])
        try await withClient(of: backend) { client, _ in
            let empty = try await client.complete().json()
            #expect(empty["choices"] == [["text": "", "index": 0, "logprobs": .null, "finish_reason": "stop"]])
            #expect(empty["usage"]?["completion_tokens"] == 0)
            let tokens = try await client.complete().json()
            #expect(tokens["choices"]?[0]?["ids"] == [5, 6])
            #expect(tokens["choices"]?[0]?["text"] == "a")
            let text = try await client.complete().json()
            #expect(text["choices"]?[0]?["ids"] == nil)
            #expect(Set([empty, tokens, text].compactMap { $0["id"]?.string }).count == 3)
        }
    }

    @Test func `S1-src-5 a completion echoes its model and sums its usage`() async throws {
        try await withClient(of: ScriptedBackend([.text("a"), .text("b")])) { client, _ in
            let json = try await client.complete().json()
            #expect(json["id"]?.string?.hasPrefix("cmpl-") == true)
            #expect(json["object"] == "text_completion")
            #expect(json["model"] == "scripted")
            #expect(json["usage"] == ["prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5])
        }
    }

    @Test func `S1-src-6 a completion stream says null until its finish frame, and its usage when asked`() async throws
    {
        try await withClient(of: ScriptedBackend([.text("a"), .text("b")])) { client, _ in
            let response = try await client.complete(#""stream":true,"stream_options":{"include_usage":true}"#)
            let frames = try response.events.dropLast().map { try JSONValue(parsing: Array($0.utf8.dropFirst(6))) }
            #expect(frames.map { $0["choices"]?[0]?["finish_reason"] } == [.null, .null, "stop", nil])
            #expect(frames.last?["usage"]?["total_tokens"] == 5)
            #expect(response.events.last == "data: [DONE]")
        }
    }

    @Test func `S1-src-7 names, tool calls and content arrays are read, and no messages are a 400`() async throws {
        let seen = Mutex<[ChatMessage]>([])
        let backend = ChatProbe { request, _ in seen.withLock { $0 = request.messages } }
        try await withClient(of: backend) { client, _ in
            let messages = """
                [{"role":"developer","content":"Be brief."},
                {"role":"user","name":"Ada","content":[{"type":"text","text":"one "},{"type":"text","text":"two"}]},
                {"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
                {"role":"tool","tool_call_id":"c1","content":"3"}]
                """
            #expect(try await client.ask(.post, path, body: #"{"messages":\#(messages)}"#).code == 200)
            let read = seen.withLock { $0 }
            #expect(read.map(\.role) == [.system, .user, .assistant, .tool])
            #expect(read.map(\.text) == ["Be brief.", "one two", "", "3"])
            #expect(read.compactMap(\.name) == ["Ada"])
            #expect(read.compactMap(\.toolCallID) == ["c1"])
            #expect(read[2].toolCalls.first?.name == "f")
            for body in ["{}", #"{"messages":"Hi"}"#, #"{"messages":[]}"#] {
                let refused = try await client.ask(.post, path, body: body)
                #expect(refused.code == 400)
                #expect(try refused.json()["error"]?["param"] == "messages")
            }
        }
    }

    @Test func `S1-src-8 an embedding of nothing is a 400, another a list with its usage`() async throws {
        try await withClient(of: ScriptedBackend()) { client, _ in
            for body in ["{}", #"{"input":[]}"#] {
                let refused = try await client.ask(.post, "/v1/embeddings", body: body)
                #expect(refused.code == 400)
                #expect(try refused.json()["error"]?["type"] == "invalid_request_error")
            }
            let json = try await client.embed("[4,5,6]").json()
            #expect(json["object"] == "list")
            #expect(json["data"]?[0]?["index"] == 0)
            #expect(json["data"]?[0]?["object"] == "embedding")
            #expect(json["usage"] == ["prompt_tokens": 3, "total_tokens": 3])
        }
    }

    @Test func `S1-src-9 what is not supported says so in JSON`() async throws {
        try await withClient(of: BareBackend()) { client, _ in
            for response in [try await client.chat(), try await client.embed("[1]")] {
                try expect(response, is: 501, "not_implemented", code: "not_implemented")
            }
        }
    }
}
