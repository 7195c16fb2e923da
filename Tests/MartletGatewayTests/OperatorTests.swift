import Foundation
import Martlet
import MartletGateway
import MartletHTTP
import MartletJSON
import MartletOperations
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// What operators see of a gateway, and change while it runs.
@Suite(.serialized)
struct OperatorTests {
    static let chat = "/v1/chat/completions"
    static let body = #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#
    static let streamed = #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true}"#

    static func answer(_ name: String) -> FaultStep {
        .json(
            #"{"id":"\#(name)","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
                + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#)
    }

    static func upstream(_ server: FaultServer, _ name: String, priority: Int = 0) -> Upstream {
        var upstream = Upstream(server.url, name: name, models: ["m": "m"])
        upstream.priority = priority
        return upstream
    }

    private func withOperatedGateway(
        _ upstreams: [Upstream], _ body: nonisolated(nonsending) (RawClient, RunningServer) async throws -> Void
    ) async throws {
        let gateway = try Gateway(upstreams)
        try await withServer(gateway, configuration: ServerConfiguration(port: 0)) { server in
            try server.serveUpstreams(of: gateway)
        } while: { server in
            let client = try await RawClient(server)
            try await body(client, server)
            await client.close()
        }
    }

    private func upstreams(_ client: RawClient) async throws -> [JSONObject] {
        let response = try await client.ask(.get, "/admin/upstreams")
        #expect(response.head.status == .ok)
        let list = try JSONValue(parsing: response.body).object?["upstreams"]?.array ?? []
        return list.compactMap(\.object)
    }

    @Test func `operators see the load of each upstream, and what it has done`() async throws {
        let gate = Gate()
        let stream: [FaultStep] = [
            .streamHead, .delta("One"), .wait(for: gate), .finish(), .done, .close,
        ]
        try await withFaultServer(stream) { first in
            try await withFaultServer([.json("{}", status: 500)]) { second in
                try await withOperatedGateway([
                    Self.upstream(first, "first", priority: 1), Self.upstream(second, "second"),
                ]) { client, server in
                    try await client.send(
                        .post, Self.chat, fields: ["Content-Type": "application/json"], body: Self.streamed)
                    _ = try await client.receiveHead()
                    _ = try await client.receiveContent()
                    let seer = try await RawClient(server)
                    let during = try await upstreams(seer)
                    #expect(during.map { $0["name"]?.string } == ["first", "second"])
                    #expect(during.map { $0["outstanding_requests"]?.number?.int } == [1, 0])
                    #expect(during.map { $0["retries"]?.number?.int } == [1, 0])
                    #expect(during.map { $0["failures"]?.number?.int } == [0, 1])
                    #expect(during[0]["first_token_ms"]?.object?["p50"]?.number != nil)
                    #expect(during[1]["first_token_ms"]?.object?["p50"] == .null)
                    #expect(during[0]["url"]?.string == "\(first.url)/v1")
                    gate.open()
                    while try await client.receiveContent() != nil {}
                    try await eventually("the request has ended") {
                        try await upstreams(seer)[0]["requests"]?.object?["answered"]?.number?.int == 1
                    }
                    #expect(try await upstreams(seer)[0]["outstanding_tokens"]?.number?.int == 0)
                    await seer.close()
                }
            }
        }
    }

    @Test func `an upstream is drained and gets requests again`() async throws {
        try await withFaultServer([Self.answer("one")]) { first in
            try await withFaultServer([Self.answer("other")]) { second in
                // The name has what paths must escape.
                try await withOperatedGateway([
                    Self.upstream(first, "the/first"), Self.upstream(second, "second", priority: 1),
                ]) { client, _ in
                    func ask() async throws -> String { try await client.post(Self.chat, Self.body).text }
                    #expect(try await ask().contains("one"))
                    let drained = try await client.ask(.post, "/admin/upstreams/the%2Ffirst/drain")
                    #expect(drained.text == #"{"name":"the/first","drained":true,"active_requests":0}"#)
                    #expect(try await upstreams(client).map { $0["state"]?.string } == ["drained", "ready"])
                    #expect(try await ask().contains("other"))
                    let unknown = try await client.ask(.post, "/admin/upstreams/third/drain")
                    #expect(unknown.head.status == .notFound && unknown.text.contains("no upstream with this name"))
                    #expect(try await client.ask(.post, "/admin/upstreams/second/drain").head.status == .ok)
                    #expect(try await client.post(Self.chat, Self.body).head.status == .serviceUnavailable)
                    #expect(try await client.ask(.post, "/admin/upstreams/the%2Ffirst/undrain").head.status == .ok)
                    #expect(try await ask().contains("one"))
                }
            }
        }
    }

    @Test func `run events of a gateway do not say that its models run here`() async throws {
        try await withFaultServer([Self.answer("one")]) { upstream in
            let gateway = try Gateway([Self.upstream(upstream, "one")])
            let events = try await withTemporaryFolder { folder in
                try await withServer(gateway) { server in
                    server.recordEvents(EventsConfiguration(.file(folder + "/events.jsonl")))
                } while: { _ in
                }
                return try RecordedEvents(folder + "/events.jsonl")
            }
            #expect(events.start["backend"]?.object?["kind"]?.string == "remote")
        }
    }

    @Test func `the documentation has every metric of upstreams, and the dashboard asks for no other`()
        async throws
    {
        let gateway = try Gateway([Upstream("http://127.0.0.1:9", models: ["m": "m"])])
        var existing: Set<String> = []
        try await withServer(gateway) { server in
            let metrics = try server.serveMetrics()
            for source in MetricSource.upstreams(of: gateway) { try metrics.add(source) }
        } while: { server in
            let client = try await RawClient(server)
            let scrape = try await client.ask(.get, "/metrics").text
            existing = Set(scrape.matches(of: /TYPE martlet:(upstream_[a-z_]+)\ /).map { String($0.1) })
            await client.close()
        }
        func text(_ name: String) throws -> String {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs")
            return try String(contentsOf: folder.appending(path: name).standardizedFileURL, encoding: .utf8)
        }
        let rows = try text("gateway.md").split(separator: "\n").filter { $0.hasPrefix("| `martlet:upstream_") }
        let guide = rows.flatMap { $0.matches(of: /(?:martlet:|`)(upstream_[a-z_]+)`/).map { String($0.1) } }
        #expect(Set(guide) == existing)
        let asked = try text("grafana-dashboard.json").matches(of: /martlet:(upstream_[a-z_]+)/).map { String($0.1) }
        let names = Set(asked.map { $0.hasSuffix("_bucket") ? String($0.dropLast("_bucket".count)) : $0 })
        #expect(!names.isEmpty && names.isSubset(of: existing), "\(names)")
    }

    @Test func `metrics and the access log name the upstreams`() async throws {
        let log = Lines()
        try await withFaultServer([.json("{}", status: 500)]) { first in
            try await withFaultServer([.streamHead, .delta("One"), .finish(), .done, .close]) { second in
                let gateway = try Gateway([Self.upstream(first, "a \"b\""), Self.upstream(second, "c", priority: 1)])
                try await withServer(gateway, configuration: ServerConfiguration(port: 0)) { server in
                    let metrics = try server.serveMetrics()
                    for source in MetricSource.upstreams(of: gateway) { try metrics.add(source) }
                    server.logRequests(as: .json) { log.add($0) }
                } while: { server in
                    let client = try await RawClient(server)
                    #expect(try await client.post(Self.chat, Self.streamed).text.contains("One"))
                    try await eventually("the request has ended") {
                        gateway.reports.allSatisfy { $0.outstandingRequests == 0 }
                    }
                    let scrape = try await client.ask(.get, "/metrics").text
                    for line in [
                        #"upstream_requests_total{upstream="a \"b\"",outcome="server_error"} 1"#,
                        #"upstream_requests_total{upstream="c",outcome="answered"} 1"#,
                        #"upstream_retries_total{upstream="c"} 1"#, #"upstream_outstanding_tokens{upstream="c"} 0.0"#,
                        #"upstream_state{upstream="c",state="ready"} 1.0"#,
                        #"upstream_state{upstream="c",state="down"} 0.0"#,
                        #"upstream_time_to_first_token_seconds_count{upstream="c"} 1"#,
                        #"upstream_time_to_first_token_seconds_count{upstream="a \"b\""} 0"#,
                        #"upstream_prefix_blocks_total{upstream="c"} 0"#,
                    ] { #expect(scrape.contains("martlet:\(line)\n"), "\(line)") }
                    await client.close()
                }
            }
        }
        #expect(log.text.contains(#""model":"m","upstream":"c","stream":true"#), "\(log.text)")
    }
}

private final class Lines: Sendable {
    private let lines = Mutex("")

    var text: String { lines.withLock { $0 } }

    func add(_ text: String) { lines.withLock { $0 += text } }
}
