import Foundation
import Martlet
import MartletHTTP
import MartletJSON
import MartletOperations
import MartletTestSupport
import MartletTesting
import Testing

/// The events of a server, for requests of every kind of ending.
@Suite(.serialized)
struct EventLogTests {
    private static func chat(stream: Bool = false) -> String {
        #"{"model":"scripted","stream":\#(stream),"messages":[{"role":"user","content":"my secret"}],"temperature":0.5}"#
    }
    private static let path = "/v1/chat/completions"
    private static let key = "k-0123456789abcdef0123456789abcdef"
    private static let fields: HTTPFields = ["Authorization": "Bearer \(key)", "Content-Type": "application/json"]

    /// The events of a server on which `body` runs. It has ended when this returns.
    private nonisolated(nonsending) func events(
        of backend: any Backend, _ options: EventsConfiguration = EventsConfiguration(.file("")),
        timeout: Duration? = nil, needsKey: Bool = false,
        _ body: nonisolated(nonsending) (RawClient, RunningServer) async throws -> Void
    ) async throws -> RecordedEvents {
        try await withTemporaryFolder { folder in
            var events = options
            events.destination = .file(folder + "/events.jsonl")
            var configuration = ServerConfiguration(port: 0)
            configuration.requestTimeout = timeout
            let keys = needsKey ? try StaticKeys([Self.key]) : nil
            try await withServer(backend, configuration: configuration) { server in
                server.authenticator = keys
                server.recordEvents(events)
            } while: { running in
                let client = try await RawClient(running)
                try await body(client, running)
                await client.close()
            }
            let text = try String(contentsOfFile: folder + "/events.jsonl", encoding: .utf8)
            #expect(!text.contains("secret") && !text.contains(Self.key))
            return try RecordedEvents(folder + "/events.jsonl")
        }
    }

    @Test func `every kind of ending is one event, and the counts are those that the clients saw`() async throws {
        let (gate, path) = (Gate(), Self.path)
        let backend = ScriptedBackend(
            [.text("a"), .text("b")], [.text("a"), .text("b"), .text("c")],
            [.fail(BackendError.unavailable("Busy."))], [.text("a"), .fail(BackendError.failed("Broken."))],
            [.hang], [.text("a"), .hang], [.wait(for: gate), .text("a")])
        var seen: [Int] = []
        let recorded = try await events(of: backend, needsKey: true) { (client, running) async throws in
            let asked: [(HTTPMethod, String, HTTPFields, String)] = [
                (.post, path, Self.fields, Self.chat()), (.post, path, Self.fields, Self.chat(stream: true)),
                (.post, path, Self.fields, Self.chat()), (.post, path, Self.fields, Self.chat(stream: true)),
                (.post, path, [:], Self.chat()), (.get, "/nowhere", Self.fields, ""),
                (.delete, "/v1/models", Self.fields, ""), (.post, path, Self.fields, "{"),
                (.post, path, Self.fields, #"{"model":"other","messages":[]}"#),
                (.get, "/v1/models", Self.fields, ""), (.get, "/health", [:], ""),
            ]
            for (method, target, fields, body) in asked {
                seen.append(try await client.ask(method, target, fields: fields, body: body).code)
            }
            let malformed = try await RawClient(running)
            try await malformed.send("BAD secret\r\n\r\n")
            seen.append(try await malformed.receiveResponse().code)
            await malformed.close()
            for (isStreamed, calls) in [(false, 5), (true, 6)] {
                let leaving = try await RawClient(running)
                try await leaving.send(.post, path, fields: Self.fields, body: Self.chat(stream: isStreamed))
                if isStreamed {
                    _ = try await leaving.receiveHead()
                    _ = try await leaving.receiveEvent()
                }
                try await eventually { backend.started == calls }
                await leaving.reset()
                seen.append(499)
                try await eventually { running.counters.tasks == 0 }
            }
            try await client.send(.post, path, fields: Self.fields, body: Self.chat())
            try await eventually { backend.started == 7 }
            running.drain()
            gate.open()
            seen.append(try await client.receiveResponse().code)
        }
        #expect(seen == [200, 200, 503, 200, 401, 404, 405, 400, 404, 200, 200, 400, 499, 499, 200])
        // The probe is not recorded.
        seen.remove(at: 10)
        #expect(recorded.statuses.sorted() == seen.sorted())
        #expect(recorded.stat("requests") == 14 && recorded.stat("dropped") == 0)
        // Those from 400, and the error in a stream.
        #expect(recorded.stat("errors") == 10)
        #expect(recorded.stat("tokens_out") == 2 + 3 + 1 + 1 + 1)
        #expect(recorded.end["reason"] == "completed" && recorded.end["exit_code"] == 0)
    }

    @Test func `an event has the facts of its request`() async throws {
        var ids: [String] = []
        let recorded = try await events(of: ScriptedBackend([.text("a"), .text("b")]), needsKey: true) {
            (client, _) async throws in
            let body =
                #"{"messages":[{"role":"user","content":"x"}],"max_tokens":2,"seed":7,"top_p":0.5,"stream":true}"#
            for fields in [Self.fields, ["x-api-key": Self.key, "x-request-id": "mine"]] {
                let response = try await client.ask(.post, Self.path, fields: fields, body: body)
                ids.append(response[field: "x-request-id"] ?? "")
            }
        }
        #expect(recorded.requests.map { $0["request_id"]?.string } == ids && ids.last == "mine")
        let event = try #require(recorded.requests.first)
        #expect(event["model"] == "scripted" && event["endpoint"] == "/v1/chat/completions" && event["stream"] == true)
        #expect(event["completion_tokens"] == 2 && event["finish_reason"] == "length")
        #expect(event["sampling"]?.object?["max_tokens"] == 2 && event["sampling"]?.object?["seed"] == 7)
        #expect(event["sampling"]?.object?["temperature"]?.number?.double == 1)
        #expect(event["principal_id"]?.string?.isEmpty == false)
        let latency = try #require(event["latency_us"]?.number?.int)
        let first = try #require(event["ttft_us"]?.number?.int)
        #expect(latency >= first && first > 0)
        #expect(event["queue_us"]?.number?.int != nil && event["decode_us"]?.number?.int != nil)
    }

    @Test func `sampling parameters are recorded under one name for every API`() async throws {
        let recorded = try await events(of: ScriptedBackend([.text("a")])) { (client, _) async throws in
            let requests = [
                ("/v1/completions", #""prompt":[1],"max_tokens":5,"temperature":0,"top_k":3,"seed":9"#),
                ("/api/generate", #""prompt":"x","options":{"num_predict":5,"temperature":0,"top_k":3,"seed":9}"#),
                (
                    "/api/chat",
                    #""messages":[{"role":"user","content":"x"}],"options":{"num_predict":5,"temperature":0,"top_k":3,"seed":9}"#
                ),
            ]
            for (path, members) in requests {
                let response = try await client.ask(
                    .post, path, fields: ["Content-Type": "application/json"],
                    body: #"{"model":"scripted",\#(members)}"#)
                #expect(response.code == 200, "\(path): \(response.text)")
            }
        }
        #expect(recorded.requests.count == 3)
        for event in recorded.requests {
            let sampling = try #require(event["sampling"]?.object, "\(event)")
            #expect(sampling["max_tokens"] == 5 && sampling["temperature"]?.number?.double == 0)
            #expect(sampling["top_k"] == 3 && sampling["seed"] == 9)
        }
    }

    @Test func `every request of many clients on several loops has its event`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/events.jsonl"
            let configuration = ServerConfiguration(port: 0, loopCount: 3)
            let backend = ScriptedBackend([.text("a"), .text("b")])
            let ids = try await withServer(backend, configuration: configuration) { server in
                server.recordEvents(EventsConfiguration(.file(path)))
            } while: { running in
                try await withThrowingTaskGroup(of: [String].self) { group in
                    for _ in 0..<12 {
                        group.addTask {
                            let client = try await RawClient(running)
                            var ids: [String] = []
                            for number in 0..<25 {
                                let body = number % 5 == 4 ? "{" : Self.chat(stream: number % 2 == 0)
                                let response = try await client.ask(.post, Self.path, body: body)
                                ids.append(response[field: "x-request-id"] ?? "")
                            }
                            await client.close()
                            return ids
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
            }
            let recorded = try RecordedEvents(path)
            #expect(recorded.requests.compactMap { $0["request_id"]?.string }.sorted() == ids.sorted())
            #expect(ids.count == 300 && Set(ids).count == 300)
            #expect(recorded.stat("requests") == 300 && recorded.stat("errors") == 60)
            #expect(recorded.stat("tokens_out") == 480)
        }
    }

    @Test func `a client that left after the head has 499 beside the status that was sent`() async throws {
        let backend = ScriptedBackend([.text("a"), .hang])
        let recorded = try await events(of: backend) { (client, running) async throws in
            try await client.send(.post, Self.path, fields: ["x-request-id": "r"], body: Self.chat(stream: true))
            _ = try await client.receiveHead()
            _ = try await client.receiveEvent()
            await client.reset()
            try await eventually { running.counters.tasks == 0 }
        }
        let event = try #require(recorded.requests.first)
        #expect(event["status"] == 499 && event["response_status"] == 200 && event["cancelled_by"] == "client")
        #expect(event["ending"] == "client_left" && event["request_id"] == "r" && event["completion_tokens"] == 1)
    }

    @Test func `a timeout is 504, and cancelled by it`() async throws {
        let recorded = try await events(of: ScriptedBackend([.hang]), timeout: .milliseconds(100)) {
            (client, _) async throws in
            #expect(try await client.ask(.post, Self.path, body: Self.chat()).code == 504)
        }
        #expect(recorded.statuses == [504] && recorded.requests.first?["cancelled_by"] == "timeout")
    }

    @Test func `embeddings have tokens and times`() async throws {
        let recorded = try await events(of: ScriptedBackend()) { (client, _) async throws in
            let body = #"{"model":"scripted","input":[[1,2,3]]}"#
            #expect(try await client.ask(.post, "/v1/embeddings", body: body).code == 200)
        }
        let event = try #require(recorded.requests.first)
        #expect(event["endpoint"] == "/v1/embeddings" && event["prompt_tokens"] == 3 && event["status"] == 200)
        #expect(event["sampling"] == nil && event["stream"] == false)
    }

    @Test func `probes are recorded when they are asked for`() async throws {
        var options = EventsConfiguration(.file(""))
        options.includesProbes = true
        let recorded = try await events(of: ScriptedBackend(), options) { (client, _) async throws in
            for path in ["/health", "/", "/load", "/v1/models"] { _ = try await client.ask(.get, path) }
        }
        #expect(recorded.requests.compactMap { $0["endpoint"]?.string } == ["/health", "/", "/load", "/v1/models"])
    }

    @Test func `the first line says what runs, and the settings of the application`() async throws {
        var options = EventsConfiguration(.file(""))
        options.runID = "run-7"
        options.settings = ["experiment": "blue"]
        options.git = GitRevision(sha: "0123abcd", branch: "main")
        let recorded = try await events(of: ScriptedBackend(), options) { (_, running) async throws in
            #expect(running.models.map(\.id) == ["scripted"])
        }
        let start = recorded.start
        #expect(start["run_id"] == "run-7" && start["phase"] == "serve" && start["schema"] == "toy/v1")
        #expect(start["backend"]?.object?["kind"] == "cpu" && start["model"]?.object?["name"] == "scripted")
        #expect(start["git"] == ["sha": "0123abcd", "branch": "main"])
        #expect(start["config"]?.object?["experiment"] == "blue")
        #expect(start["started_at"]?.string?.hasSuffix("Z") == true && start["t"]?.number?.double == 0)
    }
}
