import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Responses that are generated in the background.
@Suite(.serialized)
struct BackgroundResponseTests {
    private static let storing = ServerConfiguration.with(\.replyStoreBytes, 1 << 20)

    private static func start(
        _ client: RawClient, _ more: String = ""
    ) async throws -> (id: String, document: JSONValue) {
        let response = try await client.respond(#""background":true"# + (more.isEmpty ? "" : ",\(more)"))
        try #require(response.code == 200, "\(response.text)")
        let document = try response.json()
        return (try #require(document["id"]?.string), document)
    }

    /// Retrieves the response until it has one of the statuses.
    private static func wait(
        for statuses: Set<String>, of id: String, _ client: RawClient
    ) async throws -> JSONValue {
        var document: JSONValue = .null
        try await eventually("the response has a status of \(statuses)") {
            document = try await client.ask(.get, "/v1/responses/\(id)").json()
            return statuses.contains(document["status"]?.string ?? "")
        }
        return document
    }

    @Test func `a response is generated after its request, and then retrieved`() async throws {
        let gate = Gate()
        let backend = ChatProbe { _, sink in
            try await sink.emit("one ")
            try await gate.pass()
            try await sink.emit("two")
        }
        try await withClient(of: backend, Self.storing) { client, server in
            let (id, document) = try await Self.start(client)
            #expect(document["status"] == "queued")
            #expect(document["background"] == true)
            #expect(document["output"] == [])
            let progress = try await Self.wait(for: ["in_progress"], of: id, client)
            #expect(progress["output"] == [])
            gate.open()
            let end = try await Self.wait(for: ["completed"], of: id, client)
            #expect(end["output"]?[0]?["content"]?[0]?["text"] == "one two")
            #expect(end["created_at"] == document["created_at"])
            #expect(end["usage"]?["output_tokens"] == 2)
            let next = try await client.respond(#""previous_response_id":"\#(id)""#)
            #expect(next.code == 200)
            try await eventually { server.counters.tasks == 0 }
        }
    }

    @Test func `a response is followed from its beginning, and again after any event`() async throws {
        let gate = Gate()
        let backend = ChatProbe { _, sink in
            try await sink.emit("one ")
            try await gate.pass()
            try await sink.emit("two")
        }
        try await withClient(of: backend, Self.storing) { client, server in
            try await client.sendResponse(#""background":true,"stream":true"#)
            let other = try await RawClient(server)
            gate.open()
            let stream = try ResponseStream(try await client.receiveResponse())
            #expect(stream.shortTypes.prefix(3) == ["created", "queued", "in_progress"])
            #expect(stream.shortTypes.last == "completed")
            #expect(stream.text(ofItemAt: 0) == "one two")
            let id = try #require(stream.last?["id"]?.string)
            for last in stream.events.indices.dropLast() {
                let rest = try ResponseStream(
                    try await other.ask(.get, "/v1/responses/\(id)?stream=true&starting_after=\(last)"))
                #expect(rest.events == Array(stream.events.dropFirst(last + 1)))
            }
            let all = try ResponseStream(try await other.ask(.get, "/v1/responses/\(id)?stream=true"))
            #expect(all.events == stream.events)
            for value in ["x", "-1", "9223372036854775807", "9223372036854775808"] {
                try expect(
                    try await other.ask(.get, "/v1/responses/\(id)?stream=true&starting_after=\(value)"), is: 400,
                    "invalid_request_error", param: "starting_after", code: "invalid_value")
            }
            await other.close()
        }
    }

    @Test func `a response goes on when its client leaves`() async throws {
        let gate = Gate()
        let backend = ChatProbe { _, sink in
            try await sink.emit("one ")
            try await gate.pass()
            try await sink.emit("two")
        }
        try await withClient(of: backend, Self.storing) { client, server in
            let leaving = try await RawClient(server)
            try await leaving.sendResponse(#""background":true,"stream":true"#)
            _ = try await leaving.receiveHead()
            let event = try #require(try await leaving.receiveEvent())
            let id = try #require(event.firstMatch(of: /"id":"(resp_[0-9a-f]+)"/)?.1)
            await leaving.close()
            gate.open()
            let end = try await Self.wait(for: ["completed"], of: String(id), client)
            #expect(end["output"]?[0]?["content"]?[0]?["text"] == "one two")
        }
    }

    @Test func `a response is cancelled, and its generation ends`() async throws {
        let gate = Gate()
        let backend = ChatProbe { _, sink in
            try await sink.emit("one ")
            try await gate.pass()
        }
        try await withClient(of: backend, Self.storing) { client, server in
            let (id, _) = try await Self.start(client)
            _ = try await Self.wait(for: ["in_progress"], of: id, client)
            let cancelled = try await client.ask(.post, "/v1/responses/\(id)/cancel")
            #expect(try cancelled.json()["status"] == "cancelled")
            let events = try ResponseStream(try await client.ask(.get, "/v1/responses/\(id)?stream=true"))
            #expect(events.shortTypes.last == "incomplete")
            #expect(try events.last == cancelled.json())
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
            #expect(try await client.ask(.get, "/v1/responses/\(id)").json() == cancelled.json())
            // Once more changes nothing.
            #expect(try await client.ask(.post, "/v1/responses/\(id)/cancel").json() == cancelled.json())
            let deleted = try await Self.start(client)
            _ = try await client.ask(.delete, "/v1/responses/\(deleted.id)")
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
        }
    }

    @Test func `a cancelled response keeps the items that were complete, and its followers get an end`() async throws {
        let gate = Gate()
        let backend = ChatProbe(capabilities: [.tools]) { _, sink in
            try await sink.emit(.reasoning("hm"))
            try await sink.emit("one ")
            try await gate.pass()
        }
        try await withClient(of: backend, Self.storing) { client, server in
            let (id, _) = try await Self.start(client)
            let follower = try await RawClient(server)
            try await follower.send(.get, "/v1/responses/\(id)?stream=true")
            _ = try await follower.receiveHead()
            try await eventually {
                let events = try await client.ask(.get, "/v1/responses/\(id)")
                return try events.json()["status"] == "in_progress" && server.counters.generatedTokens == 2
            }
            let cancelled = try await client.ask(.post, "/v1/responses/\(id)/cancel").json()
            #expect(cancelled["output"]?.array?.compactMap { $0["type"]?.string } == ["reasoning"])
            var last = ""
            while let event = try await follower.receiveEvent() { last = event }
            #expect(last.hasPrefix("event: response.incomplete\n"), "\(last)")
            await follower.close()
        }
    }

    @Test func `a response fails with the error of its backend, before and after its first event`() async throws {
        let backend = ChatProbe { request, sink in
            if request.lastUserText == "Hi" { throw BackendError.invalidValue("messages", "Not this one.") }
            try await sink.emit("one")
            throw BackendError.failed("The model is broken.")
        }
        try await withClient(of: backend, Self.storing) { client, _ in
            let (id, _) = try await Self.start(client)
            let early = try await Self.wait(for: ["failed"], of: id, client)
            #expect(early["error"]?["message"]?.string?.contains("Not this one.") == true)
            let events = try ResponseStream(try await client.ask(.get, "/v1/responses/\(id)?stream=true"))
            #expect(events.shortTypes == ["created", "queued", "failed"])
            let late = try await client.respond(#""background":true,"stream":true"#, input: #""other""#)
            #expect(try ResponseStream(late).shortTypes.last == "failed")
            #expect(try ResponseStream(late).last?["output"] == [])
        }
    }

    @Test func `what a background response needs`() async throws {
        try await withClient(of: ChatProbe { _, sink in try await sink.emit("a") }, Self.storing) { client, _ in
            try expect(
                try await client.respond(#""background":true,"store":false"#), is: 400, "invalid_request_error",
                param: "store", code: "invalid_value")
        }
        let small = ServerConfiguration.with(\.replyStoreBytes, 4096)
        try await withClient(of: ChatProbe { _, sink in try await sink.emit("a") }, small) { client, server in
            let long = String(repeating: "a", count: 5000)
            let response = try await client.respond(#""background":true"#, input: "\"\(long)\"")
            try expect(response, is: 413, "invalid_request_error")
            try await eventually { server.counters.tasks == 0 }
        }
    }

    @Test func `a server that stops ends the responses in the background`() async throws {
        let gate = Gate()
        let backend = ChatProbe { _, sink in
            try await sink.emit("one ")
            try await gate.pass()
        }
        var configuration = Self.storing
        configuration.drainTimeout = .seconds(1)
        try await withClient(of: backend, configuration) { client, server in
            let (id, _) = try await Self.start(client)
            _ = try await Self.wait(for: ["in_progress"], of: id, client)
            server.drain()
            try await eventually { server.counters.tasks == 0 }
        }
    }
}
