import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletGateway

/// A gateway whose upstreams change while it serves.
@Suite(.serialized)
struct UpdateTests {
    private static let chat = "/v1/chat/completions"
    private static let body = #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#
    private static let streamed = #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true}"#

    private static func answer(_ name: String) -> FaultStep {
        .json(
            #"{"id":"\#(name)","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
                + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#)
    }

    @Test func `a stream goes on while its upstream is removed, and new requests go to the new one`() async throws {
        let gate = Gate()
        let steps: [FaultStep] = [
            .streamHead, .delta("One"), .wait(for: gate), .delta("Two"), .finish(), .done, .close,
        ]
        try await withFaultServer(steps) { old in
            try await withFaultServer([Self.answer("new")]) { new in
                let gateway = try Gateway([Upstream(old.url, name: "old", models: ["m": "m"])])
                try await withServer(gateway) { server in
                    let stream = try await RawClient(server)
                    try await stream.send(
                        .post, Self.chat, fields: ["Content-Type": "application/json"], body: Self.streamed)
                    _ = try await stream.receiveHead()
                    try gateway.update(
                        [Upstream(new.url, name: "new", models: ["m": "m"])], configuration: GatewayConfiguration())
                    let client = try await RawClient(server)
                    for _ in 0..<3 { #expect(try await client.post(Self.chat, Self.body).text.contains("new")) }
                    gate.open()
                    var text = ""
                    while let part = try await stream.receiveContent() { text += String(decoding: part, as: UTF8.self) }
                    #expect(text.contains("One") && text.contains("Two") && text.contains("[DONE]"))
                    #expect(!text.contains("error"))
                    await client.close()
                    await stream.close()
                }
                #expect(old.requests.count == 1)
            }
        }
    }

    @Test func `a new upstream is asked for its models at once, and they are listed`() async throws {
        let models = FaultStep.json(#"{"object":"list","data":[{"id":"more","object":"model"}]}"#)
        try await withFaultServer([Self.answer("old")]) { old in
            try await withFaultServer([models]) { new in
                let first = Upstream(old.url, name: "old", models: ["m": "m"])
                let gateway = try Gateway([first])
                try await withServer(gateway) { server in
                    #expect(server.models.map(\.id) == ["m"])
                    try gateway.update(
                        [first, Upstream(new.url, name: "new")], configuration: GatewayConfiguration())
                    try await eventually("both are listed") { server.models.map(\.id) == ["m", "more"] }
                    try gateway.update([Upstream(new.url, name: "new")], configuration: GatewayConfiguration())
                    try await eventually("one is listed") { server.models.map(\.id) == ["more"] }
                }
                #expect(new.requests.count == 1, "it is not asked again for being listed in another place")
            }
        }
    }

    @Test func `an update that is not valid changes nothing`() async throws {
        let gateway = try Gateway([Upstream("http://a", models: ["m": "m"])])
        var configuration = GatewayConfiguration()
        configuration.retries = 9
        let twice = [Upstream("http://b", name: "b"), Upstream("http://c", name: "b")]
        let keyless = [Upstream("http://b"), Upstream("http://c", key: .environment("MARTLET_NO_SUCH_KEY"))]
        for upstreams in [[], twice, keyless] {
            #expect(throws: GatewayError.self) { try gateway.update(upstreams, configuration: configuration) }
        }
        #expect(gateway.fleet.servers.map(\.name) == ["a"])
        #expect(gateway.fleet.configuration.retries == 3)
        #expect(gateway.listModels().map(\.id) == ["m"])
    }
}
