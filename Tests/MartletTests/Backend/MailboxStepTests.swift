import MartletHTTP
import Synchronization
import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(1)))
struct MailboxStepTests {
    private typealias Request = MailboxTests.Request

    @Test func `events are folded in as they are offered`() async throws {
        let events = Mutex<[StreamEvent]>([])
        let request = try await Request(to: StreamSink { event in events.withLock { $0.append(event) } })
        var step = MailboxStep()
        step.offer(.text("a"), to: request.mailbox)
        step.offer(.finish(.length), to: request.mailbox)
        #expect(events.withLock { $0 } == [.text("a"), .finish(.length)])
        step.finish(request.mailbox)
        step.send()
        try await request.task.value
    }

    @Test func `a finished request ends when its step is sent, and not before`() async throws {
        let (first, second, third) = (try await Request(), try await Request(), try await Request())
        var step = MailboxStep()
        step.finish(first.mailbox)
        step.finish(second.mailbox)
        #expect([first, second, third].map(\.mailbox.isCancelled) == [false, false, false])
        step.send()
        #expect([first, second, third].map(\.mailbox.isCancelled) == [true, true, false])
        try await first.task.value
        try await second.task.value
        third.mailbox.finish()
        try await third.task.value
    }

    @Test func `a step that goes out of scope is sent`() async throws {
        let request = try await Request()
        func dropStep() {
            var step = MailboxStep()
            step.finish(request.mailbox)
            #expect(!request.mailbox.isCancelled)
        }
        dropStep()
        #expect(request.mailbox.isCancelled)
        try await request.task.value
    }

    @Test func `a request finished twice in a step ends once`() async throws {
        let request = try await Request()
        var step = MailboxStep()
        step.finish(request.mailbox)
        step.finish(request.mailbox)
        step.send()
        try await request.task.value
    }

    @Test func `a step without events may be sent`() {
        MailboxStep().send()
    }

    /// Offers each mailbox three texts, one in each step, unless it is cancelled.
    private static func serve(_ mailboxes: [Mailbox]) {
        var running = mailboxes
        for round in 1...3 {
            var step = MailboxStep()
            for mailbox in running {
                step.offer(.text("a"), to: mailbox)
                if round == 3 || mailbox.isCancelled { step.finish(mailbox) }
            }
            running.removeAll(where: \.isCancelled)
            step.send()
        }
    }

    @Test func `an engine serves many requests at once, some of them cancelled`() async throws {
        let (mailboxes, given) = AsyncStream.makeStream(of: Mailbox.self)
        let texts = (0..<200).map { _ in Gauge() }
        let requests = texts.enumerated().map { number, texts in
            Task {
                let sink = StreamSink { _ in
                    if number % 7 == 0 && texts.value == 1 { throw CancellationError() }
                    texts.add(1)
                }
                try await sink.withMailbox(wake: {}, { given.yield($0) })
            }
        }
        var waiting: [Mailbox] = []
        for await mailbox in mailboxes {
            waiting.append(mailbox)
            if waiting.count == requests.count { given.finish() }
        }
        Self.serve(waiting)
        for request in requests { try await request.value }
        #expect(texts.map(\.value) == texts.indices.map { $0 % 7 == 0 ? 1 : 3 })
    }
}
