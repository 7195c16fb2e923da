import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// `requestTimeout`: a status before the head is sent, an event after that.
@Suite(.serialized)
struct WireTimeoutTests {
    private let short = ServerConfiguration.with(\.requestTimeout, .milliseconds(100))

    @Test(arguments: ["", #""stream":true"#])
    func `a reply that takes too long is a 504`(more: String) async throws {
        let backend = ScriptedBackend([.hang])
        try await withClient(of: backend, short) { client, server in
            try expect(try await client.chat(more), is: 504, "server_error", code: "timeout")
            try await eventually { backend.cancelled == 1 && server.counters.tasks == 0 }
            #expect(try await client.ask(.get, "/health").code == 200)
        }
    }

    @Test func `a stream that takes too long ends with an error event`() async throws {
        let backend = ScriptedBackend([.text("a"), .hang])
        try await withClient(of: backend, short) { client, server in
            let response = try await client.chat(#""stream":true"#)
            #expect(response.code == 200)
            let events = response.events
            #expect(events.count == 4)
            try expect(
                JSONValue(parsing: Array(events[2].utf8.dropFirst(6))), isError: "server_error", code: "timeout")
            #expect(events[3] + "\n\n" == ReplyEnvelope.done)
            try await eventually { backend.cancelled == 1 && server.counters.running == 0 }
            #expect(try await client.ask(.get, "/health").code == 200)
        }
    }

    @Test func `the wait for a permit counts towards the timeout`() async throws {
        var backend = ScriptedBackend([.hang])
        backend.maxConcurrency = 1
        try await withClient(of: backend, .with(\.requestTimeout, .milliseconds(300))) { client, server in
            let other = try await RawClient(server)
            try await other.sendChat()
            try await eventually { server.counters.running == 1 }
            try expect(try await client.chat(), is: 504, "server_error", code: "timeout")
            try expect(try await other.receiveResponse(), is: 504, "server_error", code: "timeout")
            try await eventually { server.counters.tasks == 0 && server.counters.waiting == 0 }
            await other.close()
        }
    }

    @Test func `a reply in time is not affected by the limit`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")]), .with(\.requestTimeout, .seconds(60))) {
            client, server in
            #expect(try await client.chat().code == 200)
            try await eventually { server.counters.tasks == 0 }
        }
    }
}
