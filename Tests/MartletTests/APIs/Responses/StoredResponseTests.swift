import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Responses that a server stores.
@Suite(.serialized)
struct StoredResponseTests {
    /// Replies with the conversation, as `role:text` of each message.
    private static let parrot = ChatProbe(capabilities: [.tools]) { request, sink in
        try await sink.emit(request.messages.map { "\($0.role.rawValue):\($0.text)" }.joined(separator: " "))
    }

    private static let storing = ServerConfiguration.with(\.replyStoreBytes, 1 << 20)

    private static func id(_ response: HTTPResponse) throws -> String {
        try #require(response.code == 200, "\(response.text)")
        return try #require(try response.json()["id"]?.string)
    }

    private static func text(_ response: HTTPResponse) throws -> String {
        try #require(response.code == 200, "\(response.text)")
        return try #require(try response.json()["output"]?[0]?["content"]?[0]?["text"]?.string)
    }

    @Test func `a response is retrieved as it was sent, until it is deleted`() async throws {
        try await withClient(of: Self.parrot, Self.storing) { client, _ in
            for more in ["", #""stream":true"#] {
                let response = try await client.respond(more)
                let document = try more.isEmpty ? response.json() : #require(ResponseStream(response).last)
                #expect(document["store"] == true)
                let id = try #require(document["id"]?.string)
                #expect(try await client.ask(.get, "/v1/responses/\(id)").json() == document)
                #expect(try await client.ask(.get, "/responses/\(id)").json() == document)
                let deletion = try await client.ask(.delete, "/v1/responses/\(id)")
                #expect(try deletion.json() == ["id": .string(id), "object": "response", "deleted": true])
                for method in [HTTPMethod.get, .delete] {
                    let message = try expect(
                        try await client.ask(method, "/v1/responses/\(id)"), is: 404, "invalid_request_error")
                    #expect(message.contains(id))
                }
            }
        }
    }

    @Test func `a response continues another, also once that is deleted`() async throws {
        try await withClient(of: Self.parrot, Self.storing) { client, _ in
            let first = try Self.id(try await client.respond(input: #""one""#))
            let second = try await client.respond(
                #""previous_response_id":"\#(first)","instructions":"be brief""#, input: #""two""#)
            #expect(try second.json()["previous_response_id"] == .string(first))
            #expect(try Self.text(second) == "system:be brief user:one assistant:user:one user:two")
            _ = try await client.ask(.delete, "/v1/responses/\(first)")
            let third = try await client.respond(
                #""previous_response_id":"\#(try Self.id(second))""#,
                input: #"[{"role":"user","content":"three"}]"#)
            // Instructions belong to one response.
            #expect(
                try Self.text(third)
                    == "user:one assistant:user:one user:two assistant:system:be brief user:one assistant:user:one "
                    + "user:two user:three")
        }
    }

    @Test func `calls and their results continue by id alone`() async throws {
        let backend = ChatProbe(capabilities: [.tools]) { request, sink in
            if request.messages.count == 1 {
                try await sink.emit(.reasoning("hm"))
                try await sink.emit(.toolCall(.init(index: 0, id: "call_a", name: "f", arguments: #"{"x":1}"#)))
            } else {
                let call = request.messages[1]
                try await sink.emit(
                    "\(call.reasoning ?? "") \(call.toolCalls.map { "\($0.id)\($0.arguments)" }) "
                        + "\(request.messages[2].toolCallID ?? "") \(request.messages[2].text)")
            }
        }
        try await withClient(of: backend, Self.storing) { client, _ in
            let tools = #""tools":[{"type":"function","name":"f","parameters":{"type":"object"}}]"#
            let first = try Self.id(try await client.respond(tools))
            let second = try await client.respond(
                #"\#(tools),"previous_response_id":"\#(first)""#,
                input: #"[{"type":"function_call_output","call_id":"call_a","output":"two"}]"#)
            #expect(try Self.text(second) == #"hm ["call_a{\"x\":1}"] call_a two"#)
        }
    }

    @Test func `items are referred to by their ids`() async throws {
        try await withClient(of: Self.parrot, Self.storing) { client, _ in
            let first = try await client.respond(input: #""one""#)
            let id = try #require(try first.json()["output"]?[0]?["id"]?.string)
            let second = try await client.respond(
                input: #"[{"type":"item_reference","id":"\#(id)"},{"id":"\#(id)"},{"role":"user","content":"two"}]"#)
            #expect(try Self.text(second) == "assistant:user:one assistant:user:one user:two")
            let message = try expect(
                try await client.respond(input: #"[{"type":"item_reference","id":"msg_none"}]"#), is: 404,
                "invalid_request_error", param: "input[0].id", code: "item_not_found")
            #expect(message.contains("msg_none"))
        }
    }

    @Test func `input items are listed in pages`() async throws {
        try await withClient(of: Self.parrot, Self.storing) { client, _ in
            let items = (0..<5).map { #"{"role":"user","content":"\#($0)"}"# }.joined(separator: ",")
            let id = try Self.id(try await client.respond(input: "[\(items)]"))
            func page(_ query: String) async throws -> (texts: [String], ids: [String], hasMore: Bool) {
                let page = try await client.ask(.get, "/v1/responses/\(id)/input_items\(query)").json()
                let data = page["data"]?.array ?? []
                let ids = data.compactMap { $0["id"]?.string }
                #expect(page["object"] == "list")
                #expect(page["first_id"]?.string == ids.first ?? "")
                #expect(page["last_id"]?.string == ids.last ?? "")
                return (data.compactMap { $0["content"]?[0]?["text"]?.string }, ids, page["has_more"] == true)
            }
            #expect(try await page("").texts == ["4", "3", "2", "1", "0"])
            let first = try await page("?order=asc&limit=2")
            #expect(first.texts == ["0", "1"] && first.hasMore)
            let second = try await page("?order=asc&limit=2&after=\(first.ids[1])")
            #expect(second.texts == ["2", "3"] && second.hasMore)
            let third = try await page("?order=asc&limit=2&after=\(second.ids[1])")
            #expect(third.texts == ["4"] && !third.hasMore)
            #expect(try await page("?order=asc&before=\(second.ids[0])").texts == ["0", "1"])
            #expect(try await page("?order=asc&after=\(third.ids[0])").texts == [])
            for (query, param) in [
                ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("order=up", "order"),
                ("after=none", "after"), ("before=none", "before"),
            ] {
                let response = try await client.ask(.get, "/v1/responses/\(id)/input_items?\(query)")
                try expect(response, is: 400, "invalid_request_error", param: param, code: "invalid_value")
            }
        }
    }

    @Test func `pages end also where the client has given items one id`() async throws {
        try await withClient(of: Self.parrot, Self.storing) { client, _ in
            for name in ["same", ""] {
                let items = (0..<5).map { #"{"role":"user","content":"\#($0)","id":"\#(name)"}"# }
                let id = try Self.id(try await client.respond(input: "[\(items.joined(separator: ","))]"))
                var texts: [String] = []
                var after = ""
                for _ in 0..<5 {
                    let page = try await client.ask(
                        .get, "/v1/responses/\(id)/input_items?limit=1&order=asc&after=\(after)"
                    ).json()
                    texts += (page["data"]?.array ?? []).compactMap { $0["content"]?[0]?["text"]?.string }
                    #expect((page["has_more"] == true) == (texts.count < 5))
                    after = page["last_id"]?.string ?? ""
                }
                #expect(texts == ["0", "1", "2", "3", "4"])
            }
        }
    }

    @Test func `a response that does not fit into the store says that it is not stored`() async throws {
        try await withClient(of: Self.parrot, .with(\.replyStoreBytes, 4096)) { client, _ in
            let response = try await client.respond(input: "\"\(String(repeating: "a", count: 5000))\"")
            #expect(response.code == 200)
            #expect(try response.json()["store"] == false)
            #expect(try await client.respond().json()["store"] == true)
        }
    }

    @Test func `a response is stored unless the request says otherwise`() async throws {
        try await withClient(of: Self.parrot, Self.storing) { client, _ in
            let response = try await client.respond(#""store":false"#)
            #expect(try response.json()["store"] == false)
            try expect(
                try await client.ask(.get, "/v1/responses/\(try Self.id(response))"), is: 404, "invalid_request_error")
            // What it continues is stored.
            let first = try Self.id(try await client.respond(input: #""one""#))
            let second = try await client.respond(#""store":false,"previous_response_id":"\#(first)""#)
            #expect(try Self.text(second) == "user:one assistant:user:one user:Hi")
        }
    }

    @Test func `a response belongs to whoever asked for it`() async throws {
        let file = try KeysFixture(("ada", "permissions=infer"), ("bob", "permissions=infer"))
        try await withClient(of: Self.parrot, Self.storing) {
            $0.authenticator = try StaticKeys(file: file.path)
        } while: { (client, _) async throws in
            let body = #"{"model":"scripted","input":"Hi"}"#
            let ada: HTTPFields = ["api-key": "ada"]
            let bob: HTTPFields = ["api-key": "bob"]
            let id = try Self.id(try await client.ask(.post, "/v1/responses", fields: ada, body: body))
            #expect(try await client.ask(.get, "/v1/responses/\(id)", fields: ada).code == 200)
            for path in ["", "/input_items"] {
                #expect(try await client.ask(.get, "/v1/responses/\(id)\(path)", fields: bob).code == 404)
            }
            #expect(try await client.ask(.delete, "/v1/responses/\(id)", fields: bob).code == 404)
            #expect(try await client.ask(.post, "/v1/responses/\(id)/cancel", fields: bob).code == 404)
            #expect(try await client.ask(.get, "/v1/responses/\(id)").code == 401)
            let continued = try await client.ask(
                .post, "/v1/responses", fields: bob,
                body: #"{"model":"scripted","input":"Hi","previous_response_id":"\#(id)"}"#)
            try expect(
                continued, is: 400, "invalid_request_error", param: "previous_response_id",
                code: "previous_response_not_found")
            #expect(try await client.ask(.delete, "/v1/responses/\(id)", fields: ada).code == 200)
        }
        withExtendedLifetime(file) {}
    }

    @Test func `requests that stored responses do not take are refused`() async throws {
        try await withClient(of: Self.parrot, Self.storing) { client, _ in
            let id = try Self.id(try await client.respond())
            for (method, path, status) in [
                (HTTPMethod.post, "/v1/responses/\(id)", 405), (.delete, "/v1/responses/\(id)/cancel", 405),
                (.get, "/v1/responses/\(id)/cancel", 405), (.post, "/v1/responses/\(id)/input_items", 405),
                (.get, "/v1/responses/\(id)/nothing", 404), (.post, "/v1/responses/\(id)/cancel", 400),
                (.get, "/v1/responses/\(id)?stream=true", 400), (.get, "/v1/responses/\(id)?stream=maybe", 400),
                (.put, "/v1/responses/\(id)", 405), (.get, "/v1/responses/none", 404),
            ] as [(HTTPMethod, String, Int)] {
                let response = try await client.ask(method, path)
                #expect(response.code == status, "\(method) \(path): \(response.text)")
                #expect((response[field: "Allow"] != nil) == (status == 405))
            }
        }
    }

    @Test func `without a store nothing is retrieved, and requests that need one are refused`() async throws {
        try await withClient(of: Self.parrot) { client, _ in
            let response = try await client.respond()
            #expect(try response.json()["store"] == false)
            for (method, path) in [(HTTPMethod.get, ""), (.delete, ""), (.get, "/input_items"), (.post, "/cancel")] {
                let message = try expect(
                    try await client.ask(method, "/v1/responses/\(try Self.id(response))\(path)"), is: 404,
                    "invalid_request_error")
                #expect(message.contains("--responses-store"))
            }
            for member in [#""previous_response_id":"resp_1""#, #""background":true"#] {
                let param = String(member.dropFirst().prefix { $0 != "\"" })
                try expect(
                    try await client.respond(member), is: 400, "invalid_request_error", param: param,
                    code: "unsupported_parameter")
            }
            #expect(try await client.respond(#""store":true"#).code == 200)
        }
    }
}
