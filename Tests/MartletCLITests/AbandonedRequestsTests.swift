import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// Clients that disconnect, tested against a separate process, whose descriptors and memory are the server's alone.
struct AbandonedRequestsTests {
    @Test func `a thousand requests abandoned in every phase leak nothing`() async throws {
        try await MartletExecutable.serve(["--port", "0", "--loops", "1", "--kv-memory", "50"]) { server in
            let dropping = Dropping(server: server, probe: try await server.connect())
            // The KV cache keeps its memory, which the first rounds allocate.
            for _ in 0..<3 { _ = try await dropping.round() }
            let before = try Footprint(of: server.child.identifier)
            var dropped = 0
            while dropped < 1000 { dropped += try await dropping.round() }

            let after = try Footprint(of: server.child.identifier)
            #expect(after.descriptors == before.descriptors)
            #expect(after.residentBytes < before.residentBytes + 50_000_000)
            let response = try await server.connect().ask(
                .post, "/v1/completions", body: #"{"prompt":"Once","max_tokens":3,"temperature":0}"#)
            #expect(response.code == 200)
            #expect(server.child.errors.text == "")
        }
    }
}

/// A process's resources; zero where they are unknown.
private struct Footprint {
    var descriptors = 0
    var residentBytes = 0

    init(of process: Int32) throws {
        #if os(Linux)
            descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
            let pages = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8).split(separator: " ")
            residentBytes = try #require(Int(pages[1])) * 4096
        #endif
    }
}

/// Abandons requests: half of them streamed, half of them with RST instead of FIN.
private struct Dropping {
    let server: ServingProcess
    /// The connection for reading counters.
    let probe: RawClient

    /// Abandons requests in every phase, waits until the server has released them, and returns their number.
    func round() async throws -> Int {
        let dropped = try await [whileWaiting(), beforeFirstEvent(), inTheMiddle(), ofOllama(), afterFinish()]
        return dropped.reduce(0, +)
    }

    private func whileWaiting() async throws -> Int {
        // Not streamed: a stream that nobody reads would give its permits to the others.
        let running = try await server.connect()
        try await running.send(
            .post, "/v1/completions", body: ServingProcess.longRequest(prompts: 1000, isStreamed: false))
        try await eventually("all permits to be taken") { try await load("running") == 32 }
        let clients = try await start(64) { ServingProcess.longRequest(prompts: 2, isStreamed: $0) }
        try await eventually("the others to wait") { try await load("waiting") == clients.count }
        await drop(clients)
        try await eventually("the queue to be empty") { try await load("waiting") == 0 }
        await running.reset()
        try await expectReleased(clients)
        return clients.count + 1
    }

    private func beforeFirstEvent() async throws -> Int {
        let prompt = String(repeating: "7 ", count: 100)
        let clients = try await start(32) { #"{"prompt":"\#(prompt)","max_tokens":64,"stream":\#($0)}"# }
        await drop(clients)
        try await expectReleased(clients)
        return clients.count
    }

    private func inTheMiddle() async throws -> Int {
        // As many as there are permits: the complete ones have about the progress that the streamed ones show.
        let clients = try await start(32) {
            #"{"prompt":"Once upon a time","max_tokens":64,"temperature":2,"stream":\#($0)}"#
        }
        for (index, client) in clients.enumerated() where isStreamed(index) {
            _ = try await client.receiveHead()
            _ = try #require(try await client.receiveEvent())
        }
        await drop(clients)
        try await expectReleased(clients)
        return clients.count
    }

    private func ofOllama() async throws -> Int {
        let clients = try await start(16, "/api/chat") {
            #"""
            {"model":"toy","stream":\#($0),"options":{"temperature":2,"num_predict":64},
            "messages":[{"role":"user","content":"Hi"}]}
            """#
        }
        for (index, client) in clients.enumerated() where isStreamed(index) { _ = try await client.receiveHead() }
        await drop(clients)
        try await expectReleased(clients)
        return clients.count
    }

    private func afterFinish() async throws -> Int {
        let clients = try await start(32) {
            #"{"prompt":"Once upon a time","max_tokens":2,"temperature":0,"stream":\#($0)}"#
        }
        for client in clients {
            let response = try await client.receiveResponse()
            #expect(response.code == 200)
        }
        await drop(clients)
        try await expectReleased(clients)
        return clients.count
    }

    private func isStreamed(_ index: Int) -> Bool { index.isMultiple(of: 2) }

    private func start(
        _ count: Int, _ path: String = "/v1/completions", _ body: (_ isStreamed: Bool) -> String
    ) async throws -> [RawClient] {
        var clients: [RawClient] = []
        for index in 0..<count {
            let client = try await server.connect()
            try await client.send(.post, path, body: body(isStreamed(index)))
            clients.append(client)
        }
        return clients
    }

    private func drop(_ clients: [RawClient]) async {
        for (index, client) in clients.enumerated() {
            if index / 2 % 2 == 0 { await client.finishSending() } else { await client.reset() }
        }
    }

    private func expectReleased(_ clients: [RawClient]) async throws {
        let expected = ["open_connections": 1, "open_streams": 0, "tasks": 0, "waiting": 0, "running": 0]
        try await eventually("no connection but the probe's, and no work") {
            let counters = try await probe.counters()
            return expected.allSatisfy { counters[$0.key]?.number?.int == $0.value }
        }
        // Half-closed connections were open until now to receive a response.
        for client in clients { await client.close() }
    }

    private func load(_ counter: String) async throws -> Int? { try await probe.counters()[counter]?.number?.int }
}
