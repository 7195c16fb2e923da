import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Endpoints without a method of their own.
struct SendTests {
    private struct Ranking: Decodable, Sendable, Equatable {
        struct Result: Decodable, Sendable, Equatable { var index: Int, score: Double }
        var results: [Result]
    }

    private static let ranking = FaultStep.json(#"{"results":[{"index":1,"score":0.5}]}"#)

    @Test func `any endpoint can be called, with the key and retries of every call`() async throws {
        try await withFaults([.failure(503)], [Self.ranking]) { (client, server) async throws in
            var client = client
            client.apiKey = APIKey("sk-1")
            let body: JSONValue = ["query": "bird", "documents": ["a", "b"]]
            #expect(try await client.send(.post, "rerank", body) == ["results": [["index": 1, "score": 0.5]]])
            let typed = try await client.send(.post, "/rerank", body, as: Ranking.self)
            #expect(typed == Ranking(results: [.init(index: 1, score: 0.5)]))
            #expect(server.requests.map { $0.head.target } == ["/v1/rerank", "/v1/rerank", "/v1/rerank"])
            #expect(server.requests.allSatisfy { $0.json == body })
            #expect(server.requests.allSatisfy { $0.head.fields["Authorization"] == "Bearer sk-1" })
        }
    }

    @Test func `methods, queries, empty responses and complete URLs`() async throws {
        try await withFaults([.head(204)], [.json("[1]")], [.json("{}")], [.json("{}")]) {
            (client, server) async throws in
            #expect(try await client.send(.delete, "files/f1") == .null)
            #expect(try await client.send(.get, "files?limit=2") == [1])
            _ = try await client.send(.put, "files/f1", ["a": 1])
            _ = try await client.send(.post, server.url + "/tokenize", ["prompt": "x"])
            let requestLines = server.requests.map { "\($0.head.method) \($0.head.target)" }
            #expect(
                requestLines == ["DELETE /v1/files/f1", "GET /v1/files?limit=2", "PUT /v1/files/f1", "POST /tokenize"])
            #expect(server.requests.map(\.json) == [nil, nil, ["a": 1], ["prompt": "x"]])
            #expect(server.requests[2].head.fields["Content-Type"] == "application/json")
            #expect(await failure { try await client.send(.get, "files", ["a": 1]) }?.reason == .formatError)
            #expect(server.requests.count == 4)
        }
    }

    @Test func `the key is not sent to the complete URL of another server`() async throws {
        try await withFaults([.json("{}")]) { (_, other) async throws in
            try await withFaults([.json("{}")]) { (client, _) async throws in
                var client = client
                client.apiKey = APIKey("sk-1")
                _ = try await client.send(.post, other.url + "/v1/rerank", [:])
                #expect(other.requests.count == 1 && other.requests[0].head.fields["Authorization"] == nil)
            }
        }
    }

    @Test func `a URL in a query is part of the path`() async throws {
        try await withFaults([.json("{}")]) { (client, server) async throws in
            _ = try await client.send(.get, "fetch?url=http://other.test/a")
            #expect(server.requests.map { $0.head.target } == ["/v1/fetch?url=http://other.test/a"])
        }
    }

    @Test(arguments: ["{}", "null", #""""#, #"{"code":null,"message":null}"#])
    func `an object whose error member is empty is a reply`(_ empty: String) async throws {
        let job = #"{"id":"ftjob-1","object":"fine_tuning.job","error":\#(empty)}"#
        try await withFaults([.json(job)]) { (client, server) async throws in
            let reply = try await client.send(.get, "fine_tuning/jobs/ftjob-1")
            #expect(reply.object?["id"] == "ftjob-1")
            #expect(server.requests.count == 1)
        }
    }

    @Test func `errors are those of every other call`() async throws {
        try await withFaults([.failure(404, "no such endpoint")]) { (client, _) async throws in
            let error = await failure { try await client.send(.post, "rerank", [:]) }
            #expect((error?.status, error?.message) == (404, "no such endpoint"))
        }
        try await withFaults([.json(#"{"results":[{"index":"one","score":1}]}"#)]) { (client, server) async throws in
            let error = await failure { try await client.send(.post, "rerank", [:], as: Ranking.self) }
            #expect((error?.reason, error?.isRetryable) == (.badResponse, false))
            #expect(error?.message.contains("index") == true, "\(error?.message ?? "")")
            #expect(server.requests.count == 1)
        }
    }

    @Test func `the events of any endpoint have their names, and end with the content`() async throws {
        let events: [FaultStep] = [
            .send("event: response.created\n" + FaultStep.eventText(#"{"type":"response.created"}"#)),
            .event(#"{"delta":"a"}"#),
        ]
        for end in [[FaultStep.close], [.done, .stall]] {
            try await withFaults([.streamHead] + events + end) { (client, server) async throws in
                let stream = try await client.stream(.post, "responses", ["stream": true])
                var seen: [StreamedEvent] = []
                for try await event in stream { seen.append(event) }
                #expect(seen.map(\.name) == ["response.created", ""])
                #expect(seen.map(\.value) == [["type": "response.created"], ["delta": "a"]])
                #expect(stream.ending?.name == "finished nil")
                #expect(server.requests.first?.head.target == "/v1/responses")
            }
        }
    }

    @Test func `a stream of any endpoint that breaks or reports an error is an error`() async throws {
        let chunked = FaultStep.head(200, ["Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"])
        let text = FaultStep.eventText(#"{"delta":"a"}"#)
        let piece = FaultStep.send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
        for (script, name) in [
            ([chunked, piece, .close], "interrupted"),
            ([.streamHead, .send(text), .event(#"{"error":{"message":"m"}}"#), .close], "failed"),
        ] {
            try await withFaults(script) { (client, _) async throws in
                let stream = try await client.stream(.post, "responses", ["stream": true])
                var count = 0
                do { for try await _ in stream { count += 1 } } catch {}
                #expect((count, stream.ending?.name) == (1, name))
            }
        }
    }
}
