import Foundation
import MartletClient
import MartletTestSupport
import MartletTesting
import Testing

/// Typed requests and replies without a value.
struct TypedReplyErrorTests {
    /// The error of a request for a recipe.
    private func failure<Value: Decodable & Sendable>(
        _ client: Client, _ request: Client.ChatRequest = .init(messages: [.user("Hi")]),
        as type: Value.Type = TypedReplyTests.Recipe.self
    ) async -> TypedReplyError? {
        do throws(TypedReplyError) { _ = try await client.chat(request, as: type) } catch { return error }
        return nil
    }

    struct WithDictionary: Decodable, Sendable { var inner: [Inner] }
    struct Inner: Decodable, Sendable { var counts: [String: Int] }
    struct WithData: Decodable, Sendable { var image: Data? }
    enum Unlisted: String, Decodable { case one }
    struct WithUnlisted: Decodable, Sendable { var kind: Unlisted }
    enum Shape: Decodable {
        case circle(radius: Double)
        case square(side: Double)
    }
    struct WithShape: Decodable, Sendable { var shapes: [Shape] }

    @Test func `a type without a strict schema is an error that names the property`() async throws {
        try await withFaults([.reply("{}")]) { (client, server) async throws in
            let request = Client.ChatRequest(messages: [.user("Hi")])
            let errors = [
                (
                    await failure(client, request, as: WithDictionary.self), "WithDictionary: inner.counts: ",
                    "dictionaries"
                ),
                (await failure(client, request, as: WithData.self), "WithData: image: ", "base64"),
                (await failure(client, request, as: WithUnlisted.self), "WithUnlisted: kind: ", "CaseIterable"),
                (await failure(client, request, as: WithShape.self), "WithShape: shapes: ", "associated values"),
                (await failure(client, request, as: [String: Int].self), "Dictionary<String, Int>: ", "dictionaries"),
                (await failure(client, request, as: JSONValue.self), "JSONValue: ", "anything"),
            ]
            for (error, path, reason) in errors {
                guard case .failed(let error) = error else {
                    Issue.record("\(path): \(error.debugDescription)")
                    continue
                }
                #expect(error.reason == .formatError)
                #expect(error.message.hasPrefix("build request: the type \(path)"), "\(error.message)")
                #expect(error.message.contains(reason), "\(error.message)")
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a request whose reply would not be the type is an error`() async throws {
        typealias Change = @Sendable (inout Client.ChatRequest) -> Void
        let changes: [(Change, String)] = [
            ({ $0.responseFormat = .jsonObject }, "remove responseFormat: "),
            ({ $0.responseFormat = .text }, "remove responseFormat: "),
            ({ $0.options.extra["response_format"] = ["type": "text"] }, "remove options.extra[\"response_format\"]: "),
            ({ $0.options.extra["guided_regex"] = "a" }, "remove options.extra[\"guided_regex\"]: "),
            ({ $0.options.extra["grammar"] = "a" }, "remove options.extra[\"grammar\"]: "),
            ({ $0.prefill = "{" }, "remove prefill: "),
            ({ $0.tools = [ToolDefinition(name: "f", parameters: [:])] }, "remove tools: "),
        ]
        try await withFaults([.reply(TypedReplyTests.recipe)]) { (client, server) async throws in
            for (change, text) in changes {
                var request = Client.ChatRequest(messages: [.user("Hi")])
                change(&request)
                guard case .failed(let error) = await failure(client, request) else {
                    Issue.record("no error: \(text)")
                    continue
                }
                #expect(error.reason == .formatError && error.message.contains(text), "\(error.message)")
            }
            #expect(server.requests.isEmpty)
            // The history of a tool loop keeps its tools.
            var request = Client.ChatRequest(messages: [.user("Hi")])
            request.tools = [ToolDefinition(name: "f", parameters: [:])]
            request.toolChoice = ToolChoice.none
            request.prefill = " "
            #expect(try await client.chat(request, as: TypedReplyTests.Recipe.self).value == TypedReplyTests.cake)
        }
    }

    @Test func `a reply that is cut off or refused is an error with its text`() async throws {
        let refusal = #"""
            {"choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"I cannot help."},
             "finish_reason":"stop"}]}
            """#
        try await withFaults(
            [.reply(#"{"title":"Ca"#, finish: "length")], [.json(refusal)],
            [.reply(#"{"title":"#, finish: "content_filter")], [.reply("", finish: "content_filter")]
        ) { (client, server) async throws in
            guard case .truncated(#"{"title":"Ca"#) = await failure(client) else { throw Unexpected() }
            let refused = await failure(client)
            guard case .refused("I cannot help.") = refused else { throw Unexpected() }
            #expect(refused?.description == "The model refused: I cannot help.")
            guard case .refused(#"{"title":"#) = await failure(client) else { throw Unexpected() }
            guard case .refused("") = await failure(client) else { throw Unexpected() }
            #expect(server.requests.count == 4)
        }
    }

    /// The ending of a call was another one.
    private struct Unexpected: Error {}

    @Test(
        arguments: [
            ("", "", "it has no text"),
            ("Sure!", "", "the value is not JSON: Expected a value, but found `S` (line 1, column 1)"),
            ("```json\n{}\n```", "", "the value is not JSON: "), ("{\"title\":", "", "the value is not JSON: "),
            ("{}", "title", "title is missing"), ("[]", "", "the value must be an object"),
            (
                #"{"title":"a","steps":[{"text":"","minutes":1},{"text":""}]}"#, "steps[1].minutes",
                "steps[1].minutes is missing"
            ),
            (
                #"{"title":"a","steps":[{"text":"","minutes":"1"}]}"#, "steps[0].minutes",
                "steps[0].minutes must be an integer"
            ),
            (#"{"title":"a","minutes":1.5,"steps":[]}"#, "minutes", "minutes must be an integer"),
            (#"{"title":null,"steps":[]}"#, "title", "title must be a string, not null"),
            (#"{"title":"a","steps":[null]}"#, "steps[0]", "steps[0] must be an object, not null"),
        ])
    func `a text that does not decode is an error that names the place`(
        _ text: String, _ path: String, _ problem: String
    ) async throws {
        try await withFaults([.reply(text)]) { (client, server) async throws in
            guard case .invalid(text, path, let found) = await failure(client) else { throw Unexpected() }
            #expect(found.hasPrefix(problem), "\(found)")
            #expect(server.requests.count == 1)
        }
    }

    @Test func `the path of a value in an object of its own begins at the value`() async throws {
        try await withFaults(
            [.reply(#"{"value":[1,"2"]}"#)], [.reply("[1,2]")], [.reply(#"{"value":"soon"}"#)]
        ) { (client, _) async throws in
            let request = Client.ChatRequest(messages: [.user("Hi")])
            guard case .invalid(_, "[1]", "[1] must be an integer") = await failure(client, request, as: [Int].self)
            else { throw Unexpected() }
            guard case .invalid("[1,2]", "", _) = await failure(client, request, as: [Int].self) else {
                throw Unexpected()
            }
            guard case .invalid(_, "", let problem) = await failure(client, request, as: Date.self) else {
                throw Unexpected()
            }
            #expect(problem == "the value must be a date and time, as in 2026-01-31T12:00:00Z")
        }
    }

    @Test(arguments: [
        "soon", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00+1", "2026-01-31T12:00:00+-1:30",
        "2026-01-31T12:00:00+99999999:9", "Z",
        "+00:00", "",
    ])
    func `a date is a date-time`(_ text: String) async throws {
        try await withFaults([.reply(#"{"value":"\#(text)"}"#)]) { (client, _) async throws in
            let error = await failure(client, .init(messages: [.user("Hi")]), as: Date.self)
            guard case .invalid(_, "", _) = error else { throw Unexpected() }
        }
    }

    @Test func `a server that refuses the format is not asked again without it`() async throws {
        let body =
            #"{"error":{"message":"'response_format' is not supported with this model: reasoning, thinking","#
            + #""type":"invalid_request_error","param":"response_format","code":null}}"#
        try await withFaults([.json(body, status: 400)], [.reply(TypedReplyTests.recipe)]) {
            (client, server) async throws in
            guard case .failed(let error) = await failure(client) else { throw Unexpected() }
            #expect((error.status, error.param, error.reason) == (400, "response_format", .formatError))
            #expect(server.requests.count == 1)
        }
    }
}
