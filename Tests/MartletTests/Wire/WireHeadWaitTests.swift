import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// A stream's head waits for the first event, for a limited time.
@Suite(.serialized)
struct WireHeadWaitTests {
    private var short: ServerConfiguration {
        var configuration = ServerConfiguration(port: 0)
        configuration.limits.headWait = .milliseconds(1)
        configuration.limits.heartbeatInterval = .milliseconds(1)
        return configuration
    }

    @Test func `a silent backend's head is sent, then comments, and its error is an event`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.wait(for: gate), .fail(BackendError.unavailable("Busy."))], [.text("b")])
        try await withClient(of: backend, short) { client, _ in
            try await client.sendChat(#""stream":true"#)
            #expect(try await client.receiveHead().status == .ok)
            #expect(try await client.receiveEvent() == ": ping\n\n")
            #expect(try await client.receiveEvent() == ": ping\n\n")
            gate.open()
            var events: [String] = []
            while let event = try await client.receiveEvent() { events.append(event) }
            events.removeAll { $0 == ": ping\n\n" }
            #expect(events.count == 2)
            try expect(
                JSONValue(parsing: Array(events[0].utf8.dropFirst(6))), isError: "server_error",
                code: "service_unavailable")
            #expect(events[1] == ReplyEnvelope.done)
            // The head of a reply that is not streamed is sent at its end, however long that takes.
            #expect(try await client.chat().json()["choices"]?[0]?["message"]?["content"] == "b")
        }
    }

    @Test func `a stream that begins late is complete`() async throws {
        let gate = Gate()
        try await withClient(of: ScriptedBackend([.wait(for: gate), .text("a")]), short) { client, _ in
            try await client.sendChat(#""stream":true"#)
            #expect(try await client.receiveHead().status == .ok)
            gate.open()
            var text = ""
            while let event = try await client.receiveEvent() { text += event == ": ping\n\n" ? "" : event }
            let reply = try ReplyEnvelope(ofEvent: text.split(separator: "\n\n").first.map(String.init) ?? "")
            #expect(
                text == reply.chat(ReplyEnvelope.role) + reply.chat(#""content":"a""#)
                    + reply.chat("", finish: #""stop""#) + ReplyEnvelope.done)
        }
    }

    @Test func `a silent backend of a reply that is not streamed still has an HTTP status`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.wait(for: gate), .fail(BackendError.unavailable("Busy."))])
        try await withClient(of: backend, short) { client, _ in
            try await client.sendChat()
            // Several ticks of the loop's clock pass.
            try await Task.sleep(for: .milliseconds(600))
            gate.open()
            try expect(try await client.receiveResponse(), is: 503, "server_error", code: "service_unavailable")
        }
    }

    @Test func `waiting for a permit does not count towards the head wait`() async throws {
        let gate = Gate()
        var backend = ScriptedBackend([.text("a"), .wait(for: gate)], [.fail(BackendError.unavailable("Busy."))])
        backend.maxConcurrency = 1
        try await withClient(of: backend, short) { client, server in
            let first = try await RawClient(server)
            try await first.sendChat(#""stream":true"#)
            try await eventually { server.counters.running == 1 }
            try await client.sendChat(#""stream":true"#)
            try await eventually { server.counters.waiting == 1 }
            // The first stream gets comments meanwhile: the head wait has ended on this loop's clock.
            _ = try await first.receiveHead()
            for _ in 0..<4 { _ = try await first.receiveEvent() }
            gate.open()
            try expect(try await client.receiveResponse(), is: 503, "server_error", code: "service_unavailable")
            await first.close()
        }
    }
}
