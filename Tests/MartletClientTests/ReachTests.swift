import Martlet
import MartletClient
import MartletTestSupport
import MartletTesting
import Testing

/// Ways to a server, and from one.
struct ReachTests {
    @Test func `a Unix socket is as good as a port`() async throws {
        let body = FaultStep.replyText("here")
        let server = try UnixSocketServer(
            responding: "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
        defer { server.end() }
        var settings = CurlSettings()
        settings.unixSocketPath = server.path
        try await withTransport(settings) { (transport) async throws in
            let client = Client("http://any.name", model: "m", transport: transport)
            #expect(try await client.chat("Hi").content == "here")
        }
    }

    @Test func `a stream lives on when its client and its transport are let go of`() async throws {
        try await withFaultServer([
            .streamHead, .delta("a"), .delay(.milliseconds(200)), .delta("b"), .finish(), .done, .close,
        ]) {
            (server) async throws in
            func ask() async throws -> ChatStream {
                try await Client(server.url, model: "m", transport: CurlTransport()).stream("Hi")
            }
            let descriptors = openDescriptors()
            let stream = try await ask()
            let reply = try await stream.reply()
            #expect(reply.content == "ab")
            // Its thread and its sockets go with it.
            try await eventually { openDescriptors() <= descriptors }
        }
    }

    @Test func `a body that is too large is refused by its status, also when the server does not read it`() async throws
    {
        var configuration = ServerConfiguration(port: 0)
        configuration.limits.maximumBodyBytes = 1 << 20
        try await withServer(ScriptedBackend([.text("a")]), configuration: configuration) { (server) async throws in
            try await withTransport { (transport) async throws in
                let client = Client("http://127.0.0.1:\(server.port)", model: "scripted", transport: transport)
                for isStreamed in [false, true] {
                    let long = Client.ChatRequest(messages: [.user(String(repeating: "x", count: 1 << 23))])
                    let error = await failure {
                        if isStreamed { _ = try await client.stream(long) } else { _ = try await client.chat(long) }
                    }
                    #expect((error?.status, error?.shouldCompress) == (413, true))
                }
                #expect(try await client.chat("Hi").content == "a")
            }
        }
    }

    @Test func `models, completions and embeddings come over typed, with all that came besides`() async throws {
        try await withServer(ScriptedBackend([.text("a")]), configuration: ServerConfiguration(port: 0)) {
            (server) async throws in
            let client = Client("http://127.0.0.1:\(server.port)", model: "scripted")
            let models = try await client.models()
            #expect(models.map(\.id) == ["scripted"])
            #expect(models[0].ownedBy == "martlet" && models[0].created != nil)
            let tokens = Client.CompletionRequest(prompts: [.tokenIDs([1, 2])])
            let reply = try await client.complete(tokens)
            #expect((reply.text, reply.choices[0].finishReason, reply.usage?.promptTokens) == ("a", .stop, 2))
            let embedded = try await client.embed([.tokenIDs([1]), .tokenIDs([2]), .tokenIDs([3])])
            #expect(embedded.vectors == [[0, 0.5], [1, 0.5], [2, 0.5]])
            #expect(embedded.response.requestID != nil)
        }
    }

    @Test func `vectors are read as numbers too, by their own index, and none may be missing`() async throws {
        let entry = { (index: Int, vector: String) in
            #"{"object":"embedding","index":\#(index),"embedding":\#(vector)}"#
        }
        let floats = #"{"object":"list","data":[\#(entry(1, "[2,3.5]")),\#(entry(0, "[1e-3]"))]}"#
        try await withFaults([.json(floats)], [.json(#"{"data":[\#(entry(0, "\"AAAA\""))]}"#)]) {
            (client, server) async throws in
            let reply = try await client.embed("a", "b")
            #expect(reply.vectors == [[0.001], [2, 3.5]])
            #expect(server.bodies[0]["encoding_format"] == "base64")
            #expect(await failure { try await client.embed("a") }?.reason == .badResponse)
        }
    }
}
