import Martlet
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Models, completions and embeddings.
struct EndpointTests {
    private static func piece(_ index: Int, _ text: String, finish: String = "null") -> FaultStep {
        .event(
            #"{"id":"cmpl-1","model":"m-1","choices":[{"index":\#(index),"text":"\#(text)","finish_reason":\#(finish),"#
                + #""logprobs":{"tokens":["\#(text)"]}}]}"#)
    }

    @Test func `models, completions and embeddings are decoded, with metadata`() async throws {
        try await withServer(ScriptedBackend([.text("a")]), configuration: ServerConfiguration(port: 0)) {
            (server) async throws in
            let client = Client("http://127.0.0.1:\(server.port)", model: "scripted")
            let models = try await client.models()
            #expect(models.map(\.id) == ["scripted"])
            #expect(models[0].ownedBy == "martlet" && models[0].created != nil)
            let tokens = Client.CompletionRequest(prompts: [.tokenIDs([1, 2])])
            let reply = try await client.complete(tokens)
            #expect((reply.text, reply.choices[0].finishReason, reply.usage?.promptTokens) == ("a", .stop, 2))
            let embedded = try await client.embed([.tokenIDs([1]), .tokenIDs([2]), .tokenIDs([3])])
            #expect(embedded.vectors == [[0, 0.5], [1, 0.5], [2, 0.5]])
            #expect(embedded.response.requestID != nil)
        }
    }

    @Test func `vectors are read as numbers too, ordered by index, and a missing one is an error`() async throws {
        let entry = { (index: Int, vector: String) in
            #"{"object":"embedding","index":\#(index),"embedding":\#(vector)}"#
        }
        let floats = #"{"object":"list","data":[\#(entry(1, "[2,3.5]")),\#(entry(0, "[1e-3]"))]}"#
        try await withFaults([.json(floats)], [.json(#"{"data":[\#(entry(0, "\"AAAA\""))]}"#)]) {
            (client, server) async throws in
            let reply = try await client.embed("a", "b")
            #expect(reply.vectors == [[0.001], [2, 3.5]])
            #expect(server.bodies[0]["encoding_format"] == "base64")
            #expect(await failure { try await client.embed("a") }?.reason == .badResponse)
        }
    }

    @Test func `a completion streams, and its stream ends like a chat's`() async throws {
        let usage = #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#
        try await withFaults([
            .streamHead, Self.piece(0, "a"), Self.piece(1, "x"), Self.piece(0, "b", finish: #""length""#),
            Self.piece(1, "y", finish: #""stop""#), .event(usage), .done, .close,
        ]) { (client, server) async throws in
            let request = Client.CompletionRequest(
                prompts: [.text("Once"), .text("Twice")], options: .init(maxTokens: 2, topLogprobs: 0))
            let stream = try await client.stream(request)
            var texts: [String] = []
            for try await event in stream {
                if case .text(let text) = event.kind { texts.append("\(event.choice)\(text)") }
            }
            #expect(texts == ["0a", "1x", "0b", "1y"])
            let reply = stream.replySoFar
            #expect(reply.choices.map(\.text) == ["ab", "xy"])
            #expect(reply.choices.map(\.finishReason) == [.length, .stop])
            #expect(reply.choices.map(\.logprobs) == [["tokens": ["a", "b"]], ["tokens": ["x", "y"]]])
            #expect((reply.id, reply.model, reply.usage?.totalTokens) == ("cmpl-1", "m-1", 3))
            #expect(stream.ending?.name == "finished length")
            let body = try #require(server.bodies.first)
            #expect(server.requests.first?.head.target == "/v1/completions")
            #expect(body["stream"] == true && body["stream_options"] == ["include_usage": true])
            #expect(body["prompt"] == ["Once", "Twice"] && body["max_tokens"] == 2)
        }
    }

    @Test func `a completion stream that breaks off, stalls after its end, or is refused stream_options`() async throws
    {
        try await withFaults([.streamHead, Self.piece(0, "a"), .close]) { (client, _) async throws in
            let stream = try await client.stream(Client.CompletionRequest(prompts: [.text("Once")]))
            #expect(await failure { try await stream.reply() }?.reason == .interrupted)
            #expect(stream.replySoFar.text == "a")
        }
        try await withFaults(
            [.failure(400, "unknown field stream_options")],
            [.streamHead, Self.piece(0, "a", finish: #""stop""#), .stall]
        ) { (client, server) async throws in
            let stream = try await client.stream(Client.CompletionRequest(prompts: [.text("Once")]))
            #expect(try await stream.reply().text == "a")
            #expect(server.bodies.map { $0["stream_options"] != nil } == [true, false])
        }
    }
}
