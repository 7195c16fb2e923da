import Foundation
import Martlet
import MartletClient
import MartletTesting
import MartletToy
import Synchronization
import Testing

/// The README's backend.
private struct Parrot: ChatBackend {
    func listModels() -> [Model] { ["parrot"] }

    func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        for word in request.lastUserText.split(separator: " ") {
            try await sink.emit("\(word) ")
        }
    }
}

/// The Swift of docs/testing.md, block by block.
struct TestingGuideTests {
    @Test func `an application gets the scripted answer, then a failure`() async throws {
        let backend = ScriptedBackend(
            [.text("Hel"), .text("lo")],
            [.fail(BackendError.unavailable("Busy."))])
        try await withServer(backend) { (server) async throws in
            var client = Client(server.url, model: "scripted")
            client.retry = .none
            #expect(try await client.chat("Hi").content == "Hello")
            await #expect(throws: ClientError.self) { try await client.chat("Hi again") }
        }
        #expect(backend.started == 2 && backend.failed == 1)
    }

    @Test func `a reader that leaves cancels the generation`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.text("first"), .wait(for: gate), .text("never")])
        try await withServer(backend) { server in
            let stream = try await Client(server.url, model: "scripted").stream("Hi")
            for try await event in stream where event.text != nil { break }  // leaving the loop closes the connection
            for _ in 0..<2_000 where backend.cancelled == 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
        #expect(backend.cancelled == 1 && !gate.isOpen)
    }

    @Test func `the toy knows a capital`() async throws {
        try await withServer(ToyBackend(try .embedded())) { (server) async throws in
            let client = Client(server.url, model: "toy")
            #expect(try await client.chat("What is the capital of France?").content.contains("Paris"))
        }
    }

    @Test func `a stream that breaks off is not taken for an answer`() async throws {
        try await withFaultServer(
            [.json(#"{"error":{"message":"Slow down.","code":"rate_limit_exceeded"}}"#, status: 429)],
            [.streamHead, .delta("Hel"), .reset]
        ) { server in
            let client = Client(server.url, model: "any")  // tries again after the 429
            let stream = try await client.stream("Hi")
            do throws(ClientError) {
                _ = try await stream.reply()
                Issue.record("a part of an answer passed for the whole")
            } catch {
                #expect(error.reason == .interrupted)
            }
            #expect(stream.replySoFar.content == "Hel")
            #expect(server.requests.count == 2)
        }
    }

    @Test func `a client without a network`() async throws {
        let transport = ScriptedTransport { request throws(TransportError) in
            guard request.url.hasSuffix("/v1/models") else { throw TransportError(.connectFailed, "No network here.") }
            let body = #"{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"me"}]}"#
            return (IncomingHead(.ok, fields: ["Content-Type": "application/json"]), [Array(body.utf8)])
        }
        let client = Client("http://nowhere.test", model: "m", transport: transport)
        #expect(try await client.models().map(\.id) == ["m"])
        #expect(transport.requests.count == 1)
    }

    @Test func `a connection that breaks in the middle of a response is reported`() async throws {
        try await withServer(ScriptedBackend([.text("Hello")])) { server in
            let fault = TCPFault.cut(afterBytes: 100, by: .rst, direction: .fromServer)
            try await withTCPProxy(to: server.port, fault: fault) { (proxy) async throws in
                var client = Client("http://127.0.0.1:\(proxy.port)", model: "scripted")
                client.retry = .none
                await #expect(throws: ClientError.self) { try await client.chat("Hi") }
                #expect(proxy.bytesFromServer == 100)
                await proxy.apply(.none)
                #expect(try await client.chat("Hi").content == "Hello")
            }
        }
    }

    @Test func `a backend emits what it should`() async throws {
        let emitted = Mutex<[StreamEvent]>([])
        let sink = StreamSink { event in emitted.withLock { $0.append(event) } }
        let request = ChatRequest(model: "parrot", messages: [.user("Pieces of eight")])
        try await Parrot().chatCompletionStream(request, to: sink)
        #expect(emitted.withLock { $0 } == [.text("Pieces "), .text("of "), .text("eight ")])
    }

    @Test func `a backend serves a stream as the wire has it`() async throws {
        try await withServer(Parrot()) { server in
            let client = try await RawClient(server)
            let body = #"{"stream":true,"messages":[{"role":"user","content":"Pieces of eight"}]}"#
            let response = try await client.ask(.post, "/v1/chat/completions", body: body)
            #expect(response.code == 200 && response[field: "Content-Type"] == "text/event-stream; charset=utf-8")
            #expect(response.events.last == "data: [DONE]")
            await client.close()
        }
    }

    @Test func `every block of the guide stands in this file`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../..")
        let guide = try String(contentsOf: root.appending(path: "docs/testing.md"), encoding: .utf8)
        let source = Self.lines(of: try String(contentsOf: URL(filePath: #filePath), encoding: .utf8))
        let blocks = guide.components(separatedBy: "```swift\n").dropFirst().compactMap { block in
            block.components(separatedBy: "\n```").first
        }
        #expect(blocks.count == 7)
        for block in blocks { #expect(source.contains(Self.lines(of: block)), "not in this file:\n\(block)") }
    }

    /// The text without indentation, empty lines and the spaces before a comment at a line's end.
    private static func lines(of text: String) -> String {
        text.split(separator: "\n").map { line in
            line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }
}
