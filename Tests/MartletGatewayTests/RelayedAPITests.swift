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

/// Requests of the Responses and Messages APIs through a gateway.
@Suite(.serialized)
struct RelayedAPITests {
    static let hello = #""messages":[{"role":"user","content":"Hello!"}],"temperature":0,"max_tokens":12"#
    private static let input = #""input":"Hello!","temperature":0,"max_output_tokens":12"#

    /// The events of a stream, or a complete answer, without what differs between two requests for the same: ids and times.
    private static func values(_ response: HTTPResponse) throws -> [JSONValue] {
        let texts =
            response.text.contains("data: ")
            ? response.text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { $0.dropFirst(6) }
            : [response.text[...]]
        return try texts.map { stable(try JSONValue(parsing: Array($0.utf8))) }
    }

    private static func stable(_ value: JSONValue) -> JSONValue {
        if let array = value.array { return .array(array.map(stable)) }
        guard let object = value.object else { return value }
        var result: JSONObject = [:]
        for (name, member) in object
        where !["id", "item_id", "response_id", "request_id", "created_at", "completed_at", "signature"].contains(name)
        {
            result[name] = stable(member)
        }
        return .object(result)
    }

    @Test(
        arguments: [
            ("/v1/responses", #"{"model":"toy",\#(input)}"#),
            ("/v1/responses", #"{"model":"toy",\#(input),"stream":true}"#),
            ("/v1/responses", #"{"model":"toy","input":7}"#),
            ("/v1/responses/input_tokens", #"{"model":"toy","input":"Hello!"}"#),
            ("/v1/messages", #"{"model":"toy",\#(hello),"stop_sequences":["o"]}"#),
            ("/v1/messages", #"{"model":"toy",\#(hello),"stream":true,"stop_sequences":["o"]}"#),
            ("/v1/messages", #"{"model":"toy","messages":7}"#),
            ("/v1/messages/count_tokens", #"{"model":"toy","messages":[{"role":"user","content":"Hello!"}]}"#),
        ])
    func `an answer is the same as without a gateway`(path: String, body: String) async throws {
        try await withToy { toy in
            let direct = try await RawClient(toy)
            let expected = try await direct.post(path, body)
            try await withGateway([Upstream(toy.url, kind: .martlet)]) { client, _ in
                let response = try await client.post(path, body)
                #expect(response.head.status == expected.head.status)
                #expect(try Self.values(response) == Self.values(expected))
                #expect(response.head.fields["content-type"] == expected.head.fields["content-type"])
                #expect(response.head.fields["x-upstream-request-id"] != nil)
            }
            await direct.close()
        }
    }

    @Test(arguments: ["/v1/responses", "/v1/messages"], [false, true])
    func `the name of a model is changed on the way out, and back wherever it stands`(
        path: String, isStreamed: Bool
    ) async throws {
        try await withToy { toy in
            try await withGateway([Upstream(toy.url, kind: .martlet, models: ["fast": "toy"])]) { client, _ in
                let words = path == "/v1/messages" ? Self.hello : Self.input
                let answer = try await client.post(path, #"{"model":"fast",\#(words),"stream":\#(isStreamed)}"#)
                #expect(answer.head.status == .ok)
                #expect(answer.text.contains(#""model":"fast""#) && !answer.text.contains(#""toy""#))
            }
        }
    }

    // MARK: Which requests are relayed

    private static let models = FaultStep.json(#"{"object":"list","data":[{"id":"m","object":"model"}]}"#)
    private static let completion = FaultStep.json(
        #"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
            + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#)
    static let message = FaultStep.json(
        #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"}],"#
            + #""stop_reason":"max_tokens","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":7,"#
            + #""cache_read_input_tokens":5,"service_tier":"priority"}}"#)

    static func upstream(_ server: FaultServer, _ apis: Set<UpstreamAPI>?, _ name: String = "one") -> Upstream {
        var upstream = Upstream(server.url, name: name, models: ["m": "m"])
        upstream.apis = apis
        return upstream
    }

    @Test func `a request becomes a chat completion unless every upstream of its model has the API`() async throws {
        let body = #"{"model":"m",\#(Self.hello),"future":[1]}"#
        try await withFaultServer([Self.message]) { native in
            try await withFaultServer([Self.completion]) { other in
                try await withGateway([Self.upstream(native, [.messages])]) { client, _ in
                    let answer = try await client.post("/v1/messages", body)
                    #expect(answer.text.contains(#""service_tier":"priority""#))
                    #expect(native.requests.last?.head.path == "/v1/messages")
                    #expect(native.requests.last.map { String(decoding: $0.body, as: UTF8.self) } == body)
                }
                try await withGateway([Self.upstream(other, nil)]) { client, _ in
                    let answer = try await client.post("/v1/messages", body)
                    #expect(answer.text.contains(#""text":"Hi""#))
                    #expect(other.requests.last?.head.path == "/v1/chat/completions")
                    let count = try await client.post("/v1/messages/count_tokens", body)
                    #expect(count.code == 501)
                }
                // The one that has the API is drained, so that the other one gets the request.
                let both = [Self.upstream(native, [.messages], "native"), Self.upstream(other, [.responses], "other")]
                let gateway = try Gateway(both)
                gateway.drain(upstream: "native")
                try await withServer(gateway) { server in
                    let client = try await RawClient(server)
                    let answer = try await client.post("/v1/messages", body)
                    #expect(answer.text.contains(#""text":"Hi""#))
                    await client.close()
                }
                #expect(other.requests.last?.head.path == "/v1/chat/completions")
                #expect(native.requests.count == 1)
            }
        }
    }

    @Test func `a gateway that stores responses writes them itself`() async throws {
        try await withFaultServer([Self.completion]) { server in
            try await withServer(
                try Gateway([Self.upstream(server, [.responses])]),
                configure: { $0.configuration.replyStoreBytes = 1 << 20 },
                while: { running in
                    let client = try await RawClient(running)
                    let answer = try await client.post("/v1/responses", #"{"model":"m","input":"Hello!"}"#)
                    let id = try #require(JSONValue(parsing: answer.body).object?["id"]?.string)
                    #expect(try await client.ask(.get, "/v1/responses/\(id)").code == 200)
                    #expect(server.requests.last?.head.path == "/v1/chat/completions")
                    await client.close()
                })
        }
    }

    @Test func `stored responses of an upstream are reached as other paths are`() async throws {
        let answer = #"{"error":{"message":"gone","type":"invalid_request_error","param":null,"code":null}}"#
        try await withFaultServer([.json(answer, status: 410)]) { server in
            let gateway = try Gateway([Self.upstream(server, [.responses])])
            for passesThrough in [true, false] {
                try await withServer(
                    gateway,
                    configure: { if passesThrough { try $0.passThrough(to: gateway) } },
                    while: { running in
                        let client = try await RawClient(running)
                        for (method, path) in [
                            (HTTPMethod.get, "/v1/responses/resp_1"), (.post, "/v1/responses/resp_1/cancel"),
                            (.post, "/v1/responses/compact"),
                        ] {
                            let code = try await client.ask(method, path).code
                            #expect(code == (passesThrough ? 410 : path.hasSuffix("compact") ? 501 : 404))
                        }
                        await client.close()
                    })
            }
            #expect(
                server.requests.map(\.head.path) == [
                    "/v1/responses/resp_1", "/v1/responses/resp_1/cancel", "/v1/responses/compact",
                ])
        }
    }

    // MARK: What is known of an answer

    /// A request to a gateway with these upstreams: its answer, and its line of the access log.
    func logged(
        _ upstream: Upstream, _ path: String, _ body: String
    ) async throws -> (text: String, line: JSONObject) {
        let log = Mutex("")
        var text = ""
        try await withServer(
            try Gateway([upstream]),
            configure: { server in server.logRequests(as: .json) { text in log.withLock { $0 += text } } },
            while: { running in
                let client = try await RawClient(running)
                text = try await client.post(path, body).text
                await client.close()
                try await eventually("the request is logged") { !log.withLock { $0.isEmpty } }
            })
        let line = log.withLock { $0 }.split(separator: "\n").first.map { Array($0.utf8) } ?? []
        return (text, try JSONValue(parsing: line).object ?? [:])
    }

    static func body(_ path: String, isStreamed: Bool) -> String {
        #"{"model":"m","stream":\#(isStreamed),\#(path == "/v1/messages" ? hello : input)}"#
    }

    private static let call = ToolCallFragment(index: 0, id: "call_1", name: "f", arguments: "{}")

    @Test(arguments: ["/v1/responses", "/v1/messages"], [false, true])
    func `tokens and the reason of the end are known`(path: String, isStreamed: Bool) async throws {
        let endings: [(StreamEvent, String)] = [
            (.finish(.stop), "stop"), (.finish(.length), "length"), (.toolCall(Self.call), "tool_calls"),
        ]
        for (ending, reason) in endings {
            let usage = StreamEvent.usage(promptTokens: 8, completionTokens: 9, cachedTokens: 5)
            let backend = ScriptedBackend([.text("Hi"), .emit(ending), .emit(usage)])
            try await withServer(backend) { server in
                let upstream = Upstream(server.url, kind: .martlet, models: ["m": "scripted"])
                let (text, line) = try await logged(upstream, path, Self.body(path, isStreamed: isStreamed))
                #expect(line["prompt_tokens"] == 8 && line["completion_tokens"] == 9 && line["cached_tokens"] == 5)
                #expect(line["finish_reason"]?.string == reason && line["usage_estimated"] == nil)
                #expect(!text.contains("[DONE]") && !text.contains("scripted"))
            }
        }
    }

    @Test(arguments: ["/v1/responses", "/v1/messages"])
    func `a stream that breaks off ends with an error event of its API`(path: String) async throws {
        var events: [String] = []
        var backend = ScriptedBackend([.text("Hi"), .text(" there")])
        backend.models = ["m"]
        try await withServer(backend) { server in
            let direct = try await RawClient(server)
            let text = try await direct.post(
                path, Self.body(path, isStreamed: true)
            ).text
            events = text.split(separator: "\n\n").map { $0 + "\n\n" }
            await direct.close()
        }
        #expect(events.count > 5)
        for count in 1..<events.count {
            let steps = [FaultStep.streamHead] + events.prefix(count).map { .send($0) } + [.close]
            try await withFaultServer(steps) { server in
                let upstream = Self.upstream(server, [.responses, .messages])
                let (text, line) = try await logged(upstream, path, Self.body(path, isStreamed: true))
                let sent = events.prefix(count).joined()
                let pieces =
                    sent.components(separatedBy: ".delta\"").count + sent.components(separatedBy: "block_delta\"").count
                    - 2
                let isCounted = sent.contains("message_delta")
                #expect(line["completion_tokens"]?.number?.int == (isCounted ? 2 : pieces))
                #expect((line["usage_estimated"] == true) == (!isCounted && pieces > 0))
                let end = path == "/v1/messages" ? "event: error\n" : "event: response.failed\n"
                #expect(text.contains(end) && !text.contains("[DONE]"))
                #expect(text.hasPrefix(events.prefix(count).joined()))
            }
        }
    }

    @Test func `an error of an upstream comes back in its API's form`() async throws {
        let refusal = #"{"type":"error","error":{"type":"overloaded_error","message":"busy"},"request_id":"req_1"}"#
        try await withFaultServer([.json(refusal, status: 529)]) { server in
            try await withGateway([Self.upstream(server, [.messages])]) { client, _ in
                let answer = try await client.post("/v1/messages", #"{"model":"m",\#(Self.hello)}"#)
                #expect(answer.code == 529 && answer.text == refusal)
            }
        }
    }
}
