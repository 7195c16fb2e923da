import Martlet
import MartletClient
import MartletTesting
import MartletToy
import Recipes
import Synchronization
import Testing

/// Each recipe with the embedded model, or with a server that shows the recipe's point.
struct RecipeTests {
    private func withToy(_ body: (Client, LLM) async throws -> Void) async throws {
        try await withServer(ToyBackend(try .embedded()), configuration: ServerConfiguration(port: 0)) {
            (server) async throws in
            let llm = LLM("http://127.0.0.1:\(server.port)")
            llm.setModel("toy")
            var client = Client("http://127.0.0.1:\(server.port)", model: "toy")
            client.fields = HTTPFields()
            try await body(client, llm)
        }
    }

    // Checklist row S0-27.
    @Test func `a route relays a stream`() async throws {
        try await withServer(ScriptedBackend([.text("Hel"), .text("lo")]), configuration: ServerConfiguration(port: 0))
        { (upstream) async throws in
            let llm = LLM("http://127.0.0.1:\(upstream.port)")
            llm.setModel("scripted")
            try await withServer(ScriptedBackend()) {
                try addRelay(to: &$0, asking: llm)
            } while: {
                (server) async throws in
                let client = try await RawClient(server)
                let response = try await client.ask(.post, "/relay", body: "Hi")
                #expect(
                    response.text == "data: {\"content\":\"Hel\"}\n\ndata: {\"content\":\"lo\"}\n\ndata: [DONE]\n\n")
                await client.close()
            }
        }
    }

    // Checklist rows S0-32, S0-34.
    @Test func `a route replies in plain text, or with 503`() async throws {
        try await withToy { (_, llm) async throws in
            try await withServer(ScriptedBackend()) {
                try addPlainText(to: &$0, asking: llm)
            } while: {
                (server) async throws in
                let client = try await RawClient(server)
                let response = try await client.ask(.post, "/text", body: "What is the capital of France?")
                #expect(response.code == 200 && !response.text.isEmpty)
                llm.setModel("no-such-model")
                let refused = try await client.ask(.post, "/text", body: "Hi")
                #expect((refused.code, refused.text) == (503, "upstream LLM unreachable"))
                await client.close()
            }
        }
    }

    // Checklist row S0-35.
    @Test func `a reply is decoded as a type`() async throws {
        struct City: Decodable, Equatable { var name: String, people: Int? }
        let reply =
            #"{"choices":[{"message":{"role":"assistant","content":"{\"name\":\"Paris\"}"},"finish_reason":"stop"}]}"#
        try await withFaultServer([.json(reply)]) { (server) async throws in
            let client = Client(server.url, model: "m")
            #expect(try await typed(City.self, "Which city?", from: client) == City(name: "Paris", people: nil))
            #expect(try await typedByPrompt(City.self, "Which city?", from: client) == City(name: "Paris", people: nil))
            let bodies = server.requests.compactMap { $0.json?.object }
            #expect(bodies[0]["response_format"]?.object?["type"] == "json_schema")
            #expect(bodies[1]["messages"]?.array?.first?.object?["content"]?.string?.contains("people") == true)
        }
    }

    // Checklist row S0-36.
    @Test func `several servers reply side by side`() async throws {
        try await withToy { (client, _) async throws in
            var nowhere = client
            nowhere.model = "no-such-model"
            var reports: [String] = []
            let answers = await sideBySide("What is 7 times 8?", [client, nowhere]) { reports.append($0) }
            #expect(reports.count == 2)
            #expect(!answers[0].isEmpty && answers[1].isEmpty)
        }
    }

    // Checklist row S4-14.
    @Test(arguments: [0, 5])
    func `the model calls tools until the budget is used up`(budget: Int) async throws {
        try await withToy { (client, _) async throws in
            let run = try await answer(
                "What is the price of Lamp?", from: client, tools: [Price(["Lamp": 56])], budget: budget)
            let result = run.messages.first { $0.role == .tool }?.text
            #expect((result == "56") == (budget > 0))
            #expect(run.messages.last?.role == .assistant)
        }
    }
}
