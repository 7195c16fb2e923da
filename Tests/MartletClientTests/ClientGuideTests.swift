import Foundation
import MartletClient
import MartletTestSupport
import MartletTesting
import Testing

/// The longer code of docs/client.md, compiled and run.
struct ClientGuideTests {
    @Test func `a history with tool calls`() async throws {
        try await withFaults([.reply("Sunny, 20 degrees.")]) { (client, server) async throws in
            // guide: history
            let call = ToolCall(id: "call_1", name: "weather", arguments: #"{"city":"Oslo"}"#)
            let history: [ChatMessage] = [
                .user("Is it sunny in Oslo?"),
                ChatMessage(role: .assistant, content: [], toolCalls: [call]),
                .tool("Sunny, 20 degrees", answering: call.id),
            ]
            let answer = try await client.chat(history + [.user("And in one word?")])
            let next = history + [.user("And in one word?"), answer.message]
            // end
            #expect(next.count == 5)
            #expect(next.last?.text == "Sunny, 20 degrees.")
            let messages = try #require(server.bodies.first?["messages"]?.array)
            #expect(messages.map { $0.object?["role"]?.string } == ["user", "assistant", "tool", "user"])
            #expect(messages[1].object?["tool_calls"]?.array?.count == 1)
            #expect(messages[2].object?["tool_call_id"] == "call_1")
        }
    }

    @Test func `a reply of a type`() async throws {
        let text = #"{"title":"Pancakes","minutes":null,"steps":["Stir.","Fry."]}"#
        try await withFaults([.reply(text)], [.streamHead, .delta(text), .finish(), .done, .close]) {
            (client, server) async throws in
            // guide: typed
            struct Recipe: Decodable { var title: String, minutes: Int?, steps: [String] }

            do throws(TypedReplyError) {
                let recipe = try await client.chat("A recipe for pancakes.", as: Recipe.self).value
                print(recipe.title, recipe.steps.count)
            } catch {
                switch error {
                case .truncated: print("Allow more tokens.")
                case .refused(let text): print("The model refused: \(text)")
                case .invalid(_, let path, let problem): print("\(path): \(problem)")
                case .failed(let error): print(error)
                }
            }
            for try await event in try await client.stream("A recipe for pancakes.", as: Recipe.self) {
                switch event {
                case .partial(let json): print(json.object?["title"]?.string ?? "")
                case .value(let recipe): print(recipe.steps)
                }
            }
            // end
            #expect(server.requests.count == 2)
        }
    }

    @Test func `an endpoint without a method of its own`() async throws {
        struct Ranking: Decodable { var results: [Result] }
        struct Result: Decodable { var index: Int }
        try await withFaults([.json(#"{"results":[{"index":1}]}"#)], [.streamHead, .event(#"{"delta":"a"}"#), .close]) {
            (client, _) async throws in
            // guide: send
            let query: JSONValue = ["model": "reranker", "query": "bird", "documents": ["stone", "swift"]]
            let ranking = try await client.send(.post, "rerank", query, as: Ranking.self)
            for try await event in try await client.stream(.post, "responses", ["input": "Hello", "stream": true]) {
                print(event.name, event.value)
            }
            // end
            #expect(ranking.results.map(\.index) == [1])
        }
    }

    @Test func `responses that continue one another`() async throws {
        let dialect = ServerDialect.responses
        let stream = SampleReply.responses.script(isStreamed: true)
        try await withFaults([dialect.reply("A swift.")], [dialect.reply("It never lands.")], stream) {
            (client, server) async throws in
            // guide: respond
            let first = try await client.respond("Name a bird.")
            let second = try await client.respond(.init(input: "Why that one?", previousResponseID: first.id))
            for try await event in try await client.stream(.init(input: "Another.", previousResponseID: second.id)) {
                print(event.text ?? "", terminator: "")
            }
            // end
            #expect(server.bodies.map { $0["previous_response_id"] } == [nil, "resp_2", "resp_2"])
        }
    }

    @Test func `the guide has the code of these tests`() throws {
        let here = URL(filePath: #filePath)
        let guide = here.deletingLastPathComponent().appending(path: "../../docs/client.md").standardized
        let text = try String(contentsOf: guide, encoding: .utf8)
        let source = try String(contentsOf: here, encoding: .utf8)
        var lineCount = 0
        for part in source.components(separatedBy: "// " + "guide: ").dropFirst() {
            guard let end = part.range(of: "// end") else { continue }
            let lines = part[..<end.lowerBound].split(separator: "\n").dropFirst()
            for line in lines.map({ $0.trimmingCharacters(in: .whitespaces) }) where !line.isEmpty {
                #expect(text.contains(line), "docs/client.md does not have: \(line)")
                lineCount += 1
            }
        }
        #expect(lineCount > 10)
    }
}
