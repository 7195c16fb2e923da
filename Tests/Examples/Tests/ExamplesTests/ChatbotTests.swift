import Chatbot
import Foundation
import Martlet
import MartletClient
import MartletTesting
import Testing

struct ChatbotTests {
    /// A chatbot with a temporary history file, and a client connected to it.
    private func withChatbot(
        _ environment: [String: String], _ body: (RawClient) async throws -> Void
    ) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "chatbot-\(UUID()).sqlite")
        defer { try? FileManager.default.removeItem(at: file) }
        let bot = try Chatbot(ChatbotSettings(environment.merging(["CHAT_DATABASE": file.path]) { $1 }))
        try await withServer(NoModels()) {
            try bot.addRoutes(to: &$0)
        } while: { (server) async throws in
            let client = try await RawClient(server)
            try await body(client)
            await client.close()
        }
    }

    private func roles(_ client: RawClient) async throws -> [String] {
        try await client.ask(.get, "/api/messages").json().array?.compactMap { $0.object?["role"]?.string } ?? []
    }

    private let whole = FaultStep.json(
        #"{"choices":[{"message":{"role":"assistant","content":"One."},"finish_reason":"stop"}]}"#)

    // Checklist rows S0-28, S0-src-28, S0-src-31.
    @Test func `environment variables name the server, and the history is stored`() async throws {
        try await withFaultServer([whole], [.streamHead, .delta("Tw"), .delta("o."), .finish(), .done, .close]) {
            server in
            let environment = [
                "CHAT_BACKEND": server.url, "CHAT_MODEL": "m", "CHAT_API_KEY": "sk-1",
                "CHAT_SYSTEM_PROMPT": "Be brief.",
            ]
            try await withChatbot(environment) { (client) async throws in
                #expect(try await client.ask(.post, "/api/send", body: "1?").text == "One.")
                let streamed = try await client.ask(.post, "/api/stream", body: "2?")
                #expect(streamed.text == "data: {\"content\":\"Tw\"}\n\ndata: {\"content\":\"o.\"}\n\ndata: [DONE]\n\n")
                #expect(try await roles(client) == ["user", "assistant", "user", "assistant"])
                let last = try #require(server.requests.last)
                #expect(last.head.fields["Authorization"] == "Bearer sk-1")
                let contents = last.json?.object?["messages"]?.array?.compactMap { $0.object?["content"]?.string }
                #expect(contents == ["Be brief.", "1?", "One.", "2?"])
                #expect(try await client.ask(.delete, "/api/messages").code == 204)
                #expect(try await roles(client).isEmpty)
                #expect(try await client.ask(.get, "/chat").text.contains("<form>"))
            }
        }
    }

    // Checklist row S0-src-30.
    @Test func `a question is stored before it is sent, a reply only if there is one`() async throws {
        try await withFaultServer([.json("{}", status: 400)]) { (server) async throws in
            try await withChatbot(["CHAT_BACKEND": server.url]) { (client) async throws in
                #expect(try await client.ask(.post, "/api/send", body: "1?").code == 503)
                #expect(try await client.ask(.post, "/api/stream", body: "2?").text.contains("\"error\""))
                #expect(try await roles(client) == ["user", "user"])
            }
        }
    }

    // Checklist row S0-src-32.
    @Test func `requests of OpenAI's API are passed through`() async throws {
        let steps: [FaultStep] = [.streamHead, .delta("One."), .finish(), .done, .close]
        try await withFaultServer([whole], steps, [.json(#"{"error":{"message":"no"}}"#, status: 400)]) {
            (server) async throws in
            try await withChatbot(["CHAT_BACKEND": server.url, "CHAT_API_KEY": "sk-1"]) { (client) async throws in
                let path = "/api/v1/chat/completions"
                let body = #"{"model":"theirs","messages":[{"role":"user","content":"Hi"}],"odd":1"#
                let reply = try await client.ask(.post, path, body: body + "}")
                #expect(try reply.json().object?["choices"]?.array?.count == 1)
                let streamed = try await client.ask(.post, path, body: body + #","stream":true}"#)
                #expect(streamed.events.count == 3 && streamed.events.last == "data: [DONE]")
                let refused = try await client.ask(.post, path, body: body + "}")
                #expect((refused.code, refused.text.contains("\"no\"")) == (400, true))
                let bodies = server.requests.compactMap { $0.json?.object }
                #expect(bodies.allSatisfy { $0["model"] == "theirs" && $0["odd"] == 1 })
                #expect(server.requests.allSatisfy { $0.head.fields["Authorization"] == "Bearer sk-1" })
                #expect(try await roles(client).isEmpty)
            }
        }
    }

    // Checklist rows S0-36, S0-src-29.
    @Test func `backends are compared`() async throws {
        try await withFaultServer([whole]) { (server) async throws in
            let backends = "\(server.url)|a|sk-1;\(server.url)/v1|b"
            try await withChatbot(["CHAT_COMPARE_BACKENDS": backends]) { (client) async throws in
                let answer = try await client.ask(.post, "/api/compare", body: "Hi").json().object ?? [:]
                #expect(answer["total_s"]?.number?.double != nil)
                let results = answer["results"]?.array?.compactMap(\.object) ?? []
                #expect(results.map { $0["model"] } == ["a", "b"])
                #expect(results.allSatisfy { $0["content"] == "One." && $0["took_s"]?.number?.double != nil })
                #expect(results.allSatisfy { $0["backend"]?.string == server.url + "/v1" })
            }
        }
    }
}
