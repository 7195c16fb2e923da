import Martlet
import MartletGateway
import MartletHTTP
import MartletJSON
import MartletTesting
import Testing

extension RelayedAPITests {
    @Test func `counting tokens generates none`() async throws {
        for (path, answer) in [
            ("/v1/responses/input_tokens", #"{"object":"response.input_tokens","input_tokens":11}"#),
            ("/v1/messages/count_tokens", #"{"input_tokens":11}"#),
        ] {
            try await withFaultServer([.json(answer)]) { server in
                let upstream = Self.upstream(server, [.responses, .messages])
                let (text, line) = try await logged(upstream, path, Self.body(path, isStreamed: false))
                #expect(text == answer)
                #expect(line["completion_tokens"] == 0 && line["first_token_ms"] == nil)
            }
        }
    }

    @Test func `the query goes to the upstream, and its id of the request comes back`() async throws {
        let refusal = #"{"type":"error","error":{"type":"not_found_error","message":"no"}}"#
        try await withFaultServer([
            .json(refusal, status: 404, fields: ["request-id": "req_1", "x-martlet-ignored-tools": "web_search"])
        ]) { server in
            try await withGateway([Self.upstream(server, [.messages])]) { client, _ in
                let answer = try await client.post("/v1/messages?beta=true", #"{"model":"m",\#(Self.hello)}"#)
                #expect(answer.head.fields["x-upstream-request-id"] == "req_1")
                #expect(answer.head.fields["x-martlet-ignored-tools"] == "web_search")
                #expect(server.requests.last?.head.target == "/v1/messages?beta=true")
            }
        }
    }

    @Test func `only max_tokens limits a message`() async throws {
        try await withFaultServer([Self.message]) { server in
            var limits = PrincipalLimits()
            limits.tokensPerMinute = 1000
            let principal = Principal("ada", limits: limits)
            try await withServer(
                try Gateway([Self.upstream(server, [.messages])]),
                configure: { $0.gate { _ in .principal(principal) } },
                while: { running in
                    let client = try await RawClient(running)
                    let body = #"{"model":"m","messages":[],"max_tokens":20000,"max_completion_tokens":1}"#
                    // The limit lets one larger request through as long as nothing is used.
                    #expect(try await client.post("/v1/messages", body).code == 200)
                    #expect(try await client.post("/v1/messages", body).code == 429)
                    #expect(server.requests.count == 1)
                    await client.close()
                })
        }
    }

    @Test(arguments: [
        ("/v1/messages", #""messages":[],"metadata":{"user_id":"%"}"#), ("/v1/responses", #""input":"a","user":"%""#),
    ])
    func `requests of one user go to one upstream`(path: String, members: String) async throws {
        let error = #""type":"invalid_request_error","message":"no""#
        let answer =
            path == "/v1/messages"
            ? #"{"type":"error","error":{\#(error)}}"# : #"{"error":{\#(error),"param":null,"code":null}}"#
        let refusal = FaultStep.json(answer, status: 400)
        try await withFaultServer([refusal]) { first in
            try await withFaultServer([refusal]) { second in
                let upstreams = [(first, "a"), (second, "b")].map { Self.upstream($0, [.responses, .messages], $1) }
                var configuration = GatewayConfiguration()
                configuration.routing = .consistentHashing
                try await withGateway(upstreams, configuration: configuration) { client, _ in
                    var counts: Set<Int> = []
                    for user in 0..<12 {
                        let before = first.requests.count
                        let body = #"{"model":"m",\#(members.replacing("%", with: "user-\(user)"))}"#
                        for _ in 0..<3 { _ = try await client.post(path, body) }
                        counts.insert(first.requests.count - before)
                    }
                    #expect(counts == [0, 3])
                }
            }
        }
    }
}
