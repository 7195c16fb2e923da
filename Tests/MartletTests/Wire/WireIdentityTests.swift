import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// The ids of requests and replies.
@Suite(.serialized)
struct WireIdentityTests {
    private let backend = ScriptedBackend([.text("a"), .text("b")])

    @Test func `every frame of a stream has the same id and time`() async throws {
        try await withClient(of: backend) { client, _ in
            for response in [try await client.chat(#""stream":true"#), try await client.complete(#""stream":true"#)] {
                let frames = try response.events.dropLast().map { try JSONValue(parsing: Array($0.utf8.dropFirst(6))) }
                #expect(frames.count > 2)
                #expect(Set(frames.compactMap { $0["id"]?.string }).count == 1)
                #expect(Set(frames.compactMap { $0["created"]?.number?.text }).count == 1)
                #expect(frames.allSatisfy { $0["id"] != nil && $0["created"] != nil })
            }
        }
    }

    @Test func `no two replies have the same id, even with the same x-request-id`() async throws {
        try await withClient(of: backend) { client, _ in
            var ids: Set<String> = []
            for _ in 0..<20 {
                let response = try await client.ask(
                    .post, "/v1/chat/completions", fields: ["x-request-id": "same"], body: RequestText.chat())
                let id = try #require(try response.json()["id"]?.string)
                #expect(id.hasPrefix("chatcmpl-") && !id.contains("same"))
                ids.insert(id)
            }
            #expect(ids.count == 20)
            let completion = try await client.complete().json()["id"]?.string
            #expect(completion?.hasPrefix("cmpl-") == true)
        }
    }

    @Test func `a valid x-request-id is returned, on streams and errors too`() async throws {
        try await withClient(of: backend) { client, _ in
            for (target, body) in [
                ("/v1/chat/completions", RequestText.chat(#""stream":true"#)), ("/v1/chat/completions", "{"),
                ("/nowhere", "{}"),
            ] {
                let response = try await client.ask(.post, target, fields: ["x-request-id": "mine-1.2:3"], body: body)
                #expect(response.head.fields.values(of: "x-request-id") == ["mine-1.2:3"])
            }
        }
    }

    @Test(arguments: ["", "a b", String(repeating: "x", count: 129), "é"])
    func `an invalid x-request-id is replaced by a generated one`(id: String) async throws {
        try await withClient(of: backend) { client, _ in
            let response = try await client.ask(.get, "/health", fields: ["x-request-id": id])
            let ours = try #require(response[field: "x-request-id"])
            #expect(ours.hasPrefix("req_") && ours.count == 28)
        }
    }

    @Test func `each request without an id gets one`() async throws {
        try await withClient(of: backend) { client, _ in
            let first = try await client.ask(.get, "/health")[field: "x-request-id"]
            let second = try await client.ask(.get, "/health")[field: "x-request-id"]
            #expect(first != nil && second != nil && first != second)
        }
    }

    @Test func `the backend gets the request's id, header fields and bytes`() async throws {
        var backend = ChatProbe { request, sink in
            try await sink.emit("\(request.context.requestID) \(request.context.header("X-Mine") ?? "")")
            try await sink.emit(" \(request.context.body.count)")
        }
        backend.retainedBody = .bytes
        try await withClient(of: backend) { client, _ in
            let body = RequestText.chat()
            let response = try await client.ask(
                .post, "/v1/chat/completions", fields: ["X-Request-Id": "r1", "x-mine": "m"], body: body)
            #expect(
                try response.json()["choices"]?[0]?["message"]?["content"] == .string("r1 m \(body.utf8.count)"))
        }
    }
}
