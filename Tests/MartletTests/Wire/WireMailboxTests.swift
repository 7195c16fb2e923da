import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// An engine's mailboxes on a real socket: the same bytes as with `emit`, and every way to end.
@Suite(.serialized)
struct WireMailboxTests {
    private let engine = StepEngine()

    private nonisolated(nonsending) func firstMailbox() async throws -> Mailbox {
        try await eventually { !engine.mailboxes.isEmpty }
        return try #require(engine.mailboxes.first)
    }

    @Test(arguments: ["", #""stream":true"#, #""stream":true,"stream_options":{"include_usage":true}"#])
    func `a mailbox gives the same bytes as emit`(more: String) async throws {
        let events: [StreamEvent] = [
            .usage(promptTokens: 3), .text("Hel"), .token(Token(id: 1, bytes: [0xC3])),
            .token(Token(id: 2, bytes: [0xA9])), .reasoning("hm"), .finish(.length),
        ]
        var texts: [String] = []
        try await withClient(of: ScriptedBackend(events.map(ScriptedStep.emit))) { client, _ in
            let response = try await client.chat(more)
            let reply = try ReplyEnvelope(of: response)
            texts.append(response.text.replacing(reply.id, with: "id").replacing(":\(reply.created),", with: ":0,"))
        }
        try await withClient(of: engine.backend) { client, _ in
            try await client.sendChat(more)
            let mailbox = try await firstMailbox()
            var step = MailboxStep()
            for event in events { step.offer(event, to: mailbox) }
            step.finish(mailbox)
            step.send()
            let response = try await client.receiveResponse()
            let reply = try ReplyEnvelope(of: response)
            texts.append(response.text.replacing(reply.id, with: "id").replacing(":\(reply.created),", with: ":0,"))
        }
        #expect(texts.count == 2)
        #expect(texts.first == texts.last)
        #expect(texts.first?.contains("Hel") == true)
    }

    @Test func `events are sent with their step, and with a step that goes out of scope`() async throws {
        try await withClient(of: engine.backend) { client, _ in
            try await client.sendChat(#""stream":true"#)
            let mailbox = try await firstMailbox()
            do {
                var step = MailboxStep()
                step.offer(.text("a"), to: mailbox)
            }
            _ = try await client.receiveHead()
            _ = try await client.receiveEvent()
            #expect(try await client.receiveEvent()?.contains(#""content":"a""#) == true)
            var step = MailboxStep()
            step.offer(.text("b"), to: mailbox)
            step.finish(mailbox)
            step.send()
            #expect(try await client.receiveEvent()?.contains(#""content":"b""#) == true)
            #expect(try await client.receiveEvent()?.contains(#""finish_reason":"stop""#) == true)
            #expect(try await client.receiveEvent() == ReplyEnvelope.done)
        }
    }

    @Test(arguments: [1, 2])
    func `one step feeds many streams, on one loop or several`(loops: Int) async throws {
        try await withClient(of: engine.backend, .with(\.loopCount, loops)) { _, server in
            var clients: [RawClient] = []
            for _ in 0..<8 {
                let client = try await RawClient(server)
                try await client.sendChat(#""stream":true"#)
                clients.append(client)
            }
            try await eventually { engine.mailboxes.count == 8 }
            var step = MailboxStep()
            for mailbox in engine.mailboxes {
                step.offer(.text("a"), to: mailbox)
                step.finish(mailbox)
            }
            step.send()
            for client in clients {
                #expect(try await client.receiveResponse().text.contains(#""content":"a""#))
                await client.close()
            }
        }
    }

    @Test func `an engine that releases a mailbox fails its request, before and after the first event`() async throws {
        try await withClient(of: engine.backend) { client, server in
            try await client.sendChat(#""stream":true"#)
            _ = try await firstMailbox()
            engine.dropAll()
            try expect(try await client.receiveResponse(), is: 500, "server_error", code: "server_error")

            try await client.sendChat(#""stream":true"#)
            try await eventually { !engine.mailboxes.isEmpty }
            do {
                var step = MailboxStep()
                for mailbox in engine.mailboxes { step.offer(.text("a"), to: mailbox) }
            }
            engine.dropAll()
            let events = try await client.receiveResponse().events
            #expect(events.count == 4)
            #expect(events.suffix(2).first?.contains(#""code":"server_error""#) == true)
            #expect(events.last == "data: [DONE]")
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
        }
    }

    @Test func `an engine's error is sent with its status, and only the first end counts`() async throws {
        try await withClient(of: engine.backend) { client, _ in
            try await client.sendChat()
            let mailbox = try await firstMailbox()
            mailbox.fail(BackendError.unavailable("Busy."))
            mailbox.fail(BackendError.failed("Later."))
            try expect(try await client.receiveResponse(), is: 503, "server_error", code: "service_unavailable")
        }
    }

    @Test func `an engine that refuses a request fails it`() async throws {
        let backend = ChatProbe { _, sink in
            try await sink.withMailbox(wake: {}) { _ in throw BackendError.rateLimited("Full.") }
        }
        try await withClient(of: backend) { client, _ in
            try expect(try await client.chat(), is: 429, "rate_limit_error", code: "rate_limit_exceeded")
        }
    }

    @Test func `an engine is woken when a client disconnects, and the mailbox is cancelled`() async throws {
        try await withClient(of: engine.backend) { client, server in
            try await client.sendChat(#""stream":true"#)
            let mailbox = try await firstMailbox()
            #expect(!mailbox.isCancelled)
            #expect(engine.wakeCount == 0)
            await client.reset()
            try await eventually { engine.wakeCount > 0 && mailbox.isCancelled }
            var step = MailboxStep()
            step.offer(.text("to nobody"), to: mailbox)
            step.finish(mailbox)
            step.send()
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
            #expect(server.counters.generatedTokens == 0)
        }
    }

    @Test func `an engine is woken when the reply is complete before the engine finishes it`() async throws {
        try await withClient(of: engine.backend) { client, server in
            try await client.sendChat(#""max_tokens":1"#)
            let mailbox = try await firstMailbox()
            do {
                var step = MailboxStep()
                step.offer(.text("a"), to: mailbox)
                step.offer(.text("b"), to: mailbox)
            }
            try await eventually { engine.wakeCount > 0 && mailbox.isCancelled }
            mailbox.fail(CancellationError())
            let choice = try await client.receiveResponse().json()["choices"]?[0]
            #expect(choice?["message"]?["content"] == "a")
            #expect(choice?["finish_reason"] == "length")
            #expect(server.counters.generatedTokens == 1)
        }
    }

    @Test
    func `a mailbox has no credit while the client does not read, and its engine is woken when it has credit again`()
        async throws
    {
        let piece = String(repeating: "x", count: 64 * 1024)
        try await withClient(of: engine.backend) { _, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendChat(#""stream":true"#)
            let mailbox = try await firstMailbox()
            #expect(mailbox.hasCredit)
            // Credit that a burst has used returns at once; credit that a slow client has used, only when it reads.
            var offered = 0
            try await eventually {
                var isLost = true
                for _ in 0..<20 {
                    if mailbox.hasCredit {
                        var step = MailboxStep()
                        step.offer(.text(piece), to: mailbox)
                        offered += 1
                        isLost = false
                    }
                    try? await Task.sleep(for: .milliseconds(5))
                }
                return isLost
            }
            let wakeCount = engine.wakeCount
            _ = try await client.receiveHead()
            for _ in 0..<offered { _ = try await client.receiveEvent() }
            try await eventually { engine.wakeCount > wakeCount && mailbox.hasCredit }
            var step = MailboxStep()
            step.finish(mailbox)
            step.send()
            while try await client.receiveEvent() != nil {}
            #expect(server.counters.generatedTokens == offered)
            await client.close()
        }
    }

    @Test func `a stream without credit yields its permit, and has no credit until it is reacquired`() async throws {
        var backend = engine.backend
        backend.maxConcurrency = 2
        let piece = String(repeating: "x", count: 64 * 1024)
        try await withClient(of: backend) { first, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendChat(#""stream":true"#)
            let slow = try await firstMailbox()
            // The socket buffers some of it before the stream is paused.
            var offered = 0
            try await eventually {
                if slow.hasCredit {
                    var step = MailboxStep()
                    step.offer(.text(piece), to: slow)
                    offered += 1
                }
                try? await Task.sleep(for: .milliseconds(20))
                return server.counters.running == 0 && !slow.hasCredit
            }
            let others = [first, try await RawClient(server), try await RawClient(server)]
            for (number, other) in others.enumerated() {
                try await other.sendChat()
                try await eventually { server.counters.running + server.counters.waiting == number + 1 }
            }
            try await eventually { engine.mailboxes.count == 3 }
            _ = try await client.receiveHead()
            for _ in 0...offered { _ = try await client.receiveEvent() }
            try await eventually { server.counters.waiting == 2 }
            #expect(!slow.hasCredit, "both places are taken")
            let wakeCount = engine.wakeCount
            for number in 1...3 {
                try await eventually { engine.mailboxes.count > number }
                engine.finish(number)
                #expect(try await others[number - 1].receiveResponse().code == 200)
            }
            try await eventually { slow.hasCredit && engine.wakeCount > wakeCount }
            #expect(server.counters.running == 1)
            engine.finish(0)
            while try await client.receiveEvent() != nil {}
            #expect(server.counters.generatedTokens == offered)
            for other in others.dropFirst() { await other.close() }
            await client.close()
            try await eventually { server.counters.running == 0 && server.counters.tasks == 0 }
        }
    }
}
