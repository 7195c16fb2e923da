import Martlet
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Connections: Unix sockets, transfer codings, early responses, many streams.
struct ConnectionTests {
    @Test func `a Unix socket works like a port`() async throws {
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

    @Test func `a stream outlives its client and its transport`() async throws {
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
            // The transport's thread and sockets are released too.
            try await eventually { openDescriptors() <= descriptors }
        }
    }

    @Test func `a body over the server's limit is a 413, even if the server does not read it`() async throws {
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

    // Checklist rows S0-src-17, S0-src-18.
    @Test func `chunked and close-delimited bodies are read, in any case and any pieces`() async throws {
        let event = FaultStep.eventText(FaultStep.chunk(delta: #"{"content":"a"}"#)) + FaultStep.eventText("[DONE]")
        let size = String(event.utf8.count, radix: 16)
        let chunked = "\(size);ext=1\r\n\(event)\r\n0\r\nTrailer: x\r\n\r\n"
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        for text in [
            "\(head)tRaNsFeR-EnCoDiNg: Chunked\r\n\r\n\(chunked)", "\(head)Connection: close\r\n\r\n\(event)",
        ] {
            try await withFaults([.send(text, inPiecesOf: 11), .close]) { (client, _) async throws in
                #expect(try await client.stream("Hi").reply().content == "a")
            }
        }
        let broken = "\(head)Transfer-Encoding: chunked\r\n\r\nxyz\r\n"
        try await withFaults([.send(broken), .stall], retry: .none) { (client, _) async throws in
            #expect(await failure { try await client.stream("Hi") } != nil)
        }
    }

    // Checklist rows S0-40, S0-41.
    @Test func `one client has a thousand streams open`() async throws {
        let count = 1000
        let gate = Gate()
        var backend = ScriptedBackend([.text("a"), .wait(for: gate), .text("b")])
        backend.maxConcurrency = count
        let before = openDescriptors()
        let server = backend
        try await withServer(server, configuration: ServerConfiguration(port: 0)) { (server) async throws in
            try await withTransport { (transport) async throws in
                let client = Client("http://127.0.0.1:\(server.port)", model: "scripted", transport: transport)
                let texts = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<count { group.addTask { try await client.stream("Hi").reply().content } }
                    try await eventually { backend.started == count && server.counters.generatedTokens == count }
                    #expect(server.counters.openConnections == count)
                    gate.open()
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(texts == Array(repeating: "ab", count: count))
                try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
            }
            try await eventually { server.counters.openConnections == 0 }
        }
        #expect(openDescriptors() <= before + 2)
    }

    // Checklist rows S3-15, S3-37.
    @Test func `a custom transport sends the requests`() async throws {
        let transport = ScriptedTransport { request in
            #expect(request.url == "http://nowhere/v1/chat/completions")
            return (IncomingHead(), [Array(FaultStep.replyText("Hi!").utf8)])
        }
        let client = Client("http://nowhere", model: "m", transport: transport)
        #expect(try await client.chat("Hi").content == "Hi!")
        #expect(transport.requests.count == 1)
    }

    @Test func `a peer that does not speak HTTP is a bad response`() async throws {
        try await withFaults([.send("SSH-2.0-OpenSSH_9.2\r\nblah blah\r\n\r\n"), .close]) {
            (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect(error?.reason == .badResponse)
        }
    }

    @Test func `an unrequested protocol switch is an error at once`() async throws {
        try await withFaults(
            [.send("HTTP/1.1 101 Switching Protocols\r\n\r\nhello"), .stall],
            timeouts: Timeouts(firstToken: .seconds(1))
        ) { (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect((error?.reason, error?.timeout) == (.badResponse, nil))
        }
    }
}
