import Martlet
import MartletGateway
import MartletHTTP
import MartletJSON
import MartletOperations
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// What requests cost: in the metrics, the access log and the events.
@Suite(.serialized)
struct SpendTests {
    private static func chat(_ model: String, isStreamed: Bool = false) -> String {
        #"{"model":"\#(model)","messages":[{"role":"user","content":"Hi"}],"stream":\#(isStreamed)}"#
    }

    /// An answer with 1,000 tokens of the prompt, 400 of them cached, and 100 generated ones.
    private static let answer = FaultStep.json(
        #"{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
            + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":"#
            + #"{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"#
            + #""prompt_tokens_details":{"cached_tokens":400}}}"#)

    private static func prices() throws -> Prices {
        Prices([
            "big": try ModelPrice(input: 2.5, cachedInput: 1.25, output: 10),
            "small": try ModelPrice(input: 0.15, output: 0.6),
        ])
    }

    /// Runs a gateway whose principals are what clients name in `Authorization`. Returns the access log and the events.
    private func withPricedGateway(
        _ scripts: [[FaultStep]], _ format: AccessLogFormat = .json,
        _ body: nonisolated(nonsending) (RawClient, PriceTable) async throws -> Void
    ) async throws -> (log: String, events: RecordedEvents) {
        let log = Mutex("")
        let upstream = try await FaultServer(scripts)
        let models = ["big": "big", "small": "small", "free": "free"]
        let gateway = try Gateway([Upstream(upstream.url, name: "one", models: models)])
        let table = PriceTable(try Self.prices())
        let events = try await withTemporaryFolder { folder in
            try await withServer(gateway) { server in
                server.prices = table
                server.gate { request in
                    request.head.fields["Authorization"].map { .principal(Principal($0)) } ?? .pass
                }
                try server.serveMetrics()
                server.logRequests(as: format) { text in log.withLock { $0 += text } }
                server.recordEvents(EventsConfiguration(.file(folder + "/events.jsonl")))
            } while: { running in
                let client = try await RawClient(running)
                try await body(client, table)
                await client.close()
            }
            return try RecordedEvents(folder + "/events.jsonl")
        }
        await upstream.shutDown()
        return (log.withLock { $0 }, events)
    }

    private func ask(
        _ client: RawClient, _ model: String, by principal: String?, isStreamed: Bool = false
    ) async throws {
        var fields: HTTPFields = ["Content-Type": "application/json"]
        if let principal { fields.set("Authorization", principal) }
        let response = try await client.ask(
            .post, "/v1/chat/completions", fields: fields, body: Self.chat(model, isStreamed: isStreamed))
        #expect(response.head.status == .ok)
    }

    private func spend(_ client: RawClient, _ count: Int) async throws -> [String] {
        var lines: [String] = []
        try await eventually("\(count) requests are counted") {
            let text = try await client.ask(.get, "/metrics").text
            lines = text.split(separator: "\n").map(String.init)
            return lines.contains("martlet:request_success_total{model_name=\"big\",finished_reason=\"stop\"} \(count)")
        }
        return lines.filter { $0.hasPrefix("martlet:principal_spend_total") }
    }

    @Test func `the spend of two principals on two models is the sum of the costs of their requests`() async throws {
        let (log, events) = try await withPricedGateway([[Self.answer]]) { client, table in
            for (model, principal) in [
                ("small", "ada"), ("free", "ada"), ("big", nil), ("big", "ada"), ("big", "ada"), ("big", "bob"),
            ] { try await ask(client, model, by: principal) }
            #expect(
                try await spend(client, 4) == [
                    #"martlet:principal_spend_total{principal="ada",model_name="small",currency="USD"} 0.00021"#,
                    #"martlet:principal_spend_total{principal="ada",model_name="big",currency="USD"} 0.006"#,
                    #"martlet:principal_spend_total{principal="bob",model_name="big",currency="USD"} 0.003"#,
                ])
            // Requests that end from now on have the new price; the others keep theirs.
            table.update(Prices(["big": try ModelPrice(input: 5, output: 0)]))
            try await ask(client, "big", by: "bob")
            #expect(try await spend(client, 5).last?.hasSuffix(" 0.008") == true)
        }
        let costs = events.requests.filter { $0["model"] != nil }.map { $0["cost"]?.number?.text ?? "-" }
        #expect(costs == ["0.00021", "-", "0.003", "0.003", "0.003", "0.003", "0.005"])
        #expect(events.requests.count { $0["currency"]?.string == "USD" } == 6)
        let lines = log.split(separator: "\n").filter { $0.contains("/v1/chat") }
        #expect(lines.count { $0.contains(#""cost":0.003,"currency":"USD""#) } == 4, "\(log)")
        #expect(lines.count { !$0.contains("cost") && $0.contains(#""model":"free""#) } == 1, "\(log)")
        #expect(!log.contains("usage_estimated"))
    }

    @Test func `a line of text has the cost behind the tokens`() async throws {
        let (log, _) = try await withPricedGateway([[Self.answer]], .text) { client, _ in
            try await ask(client, "big", by: "ada")
            try await ask(client, "free", by: "ada")
        }
        #expect(log.contains(" model=big upstream=one tokens=1000+100 cost=0.003USD "), "\(log)")
        #expect(log.contains(" model=free upstream=one tokens=1000+100 first_token="), "\(log)")
    }

    @Test func `tokens that a gateway has estimated have a cost, in a line that says so`() async throws {
        let stream: [FaultStep] = [.streamHead, .delta("One"), .delta("Two"), .finish(), .done, .close]
        let (log, events) = try await withPricedGateway([stream]) { client, _ in
            try await ask(client, "big", by: "ada", isStreamed: true)
            _ = try await spend(client, 1)
        }
        let request = try #require(events.requests.first { $0["model"] != nil })
        #expect(request["usage_estimated"]?.bool == true)
        let prompt = try #require(request["prompt_tokens"]?.number?.int)
        let output = try #require(request["completion_tokens"]?.number?.int)
        #expect(output >= 2)
        #expect(request["cost"]?.number?.text == Cost(nanoUnits: prompt * 2500 + output * 10_000, currency: "").amount)
        #expect(log.contains(#""usage_estimated":true"#) && log.contains(#""cost":"#), "\(log)")
    }
}
