import MartletHTTP
import Synchronization
import Testing

@testable import Martlet

@Suite(.timeLimit(.minutes(1)))
struct MailboxTests {
    private struct Failure: Error, Equatable { var number = 0 }

    /// A request that waits for its engine, and the engine's mailbox.
    struct Request {
        let task: Task<Void, any Error>
        let mailbox: Mailbox

        init(to sink: StreamSink = StreamSink { _ in }, wake: @escaping @Sendable () -> Void = {}) async throws {
            let (mailboxes, given) = AsyncStream.makeStream(of: Mailbox.self)
            task = Task { try await sink.withMailbox(wake: wake) { given.yield($0) } }
            var iterator = mailboxes.makeAsyncIterator()
            mailbox = try #require(await iterator.next())
        }
    }

    // MARK: The end

    @Test func `a request ends when its engine finishes it`() async throws {
        let request = try await Request()
        #expect(!request.mailbox.isCancelled)
        #expect(request.mailbox.hasCredit)
        request.mailbox.finish()
        try await request.task.value
    }

    @Test func `a request throws what its engine fails with`() async throws {
        let request = try await Request()
        request.mailbox.fail(Failure(number: 1))
        await #expect(throws: Failure(number: 1)) { try await request.task.value }
    }

    @Test func `the first end counts, and later ones have no effect`() async throws {
        let (failed, finished) = (try await Request(), try await Request())
        failed.mailbox.fail(Failure(number: 1))
        failed.mailbox.fail(Failure(number: 2))
        failed.mailbox.finish()
        finished.mailbox.finish()
        finished.mailbox.finish()
        finished.mailbox.fail(Failure(number: 3))
        await #expect(throws: Failure(number: 1)) { try await failed.task.value }
        try await finished.task.value
    }

    @Test func `releasing the last reference to a mailbox ends its request`() async throws {
        let task = try await Request().task
        let error = await #expect(throws: BackendError.self) { try await task.value }
        #expect(error?.error.status == 500)
    }

    @Test func `releasing the mailbox of a cancelled request is not an error`() async throws {
        let task = Task {
            try await StreamSink { _ in throw CancellationError() }.withMailbox(wake: {}) { mailbox in
                var step = MailboxStep()
                step.offer(.text("a"), to: mailbox)
                step.send()
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `a request that its engine refuses throws the engine's error`() async {
        let sink = StreamSink { _ in }
        await #expect(throws: Failure.self) { try await sink.withMailbox(wake: {}, { _ in throw Failure() }) }
        await #expect(throws: BackendError.self) { try await sink.withMailbox(wake: {}, { _ in }) }
    }

    @Test func `an engine may finish a request before submit returns`() async throws {
        let texts = Gauge()
        func answer(_ mailbox: Mailbox) {
            var step = MailboxStep()
            step.offer(.text("a"), to: mailbox)
            step.finish(mailbox)
        }
        try await StreamSink { _ in texts.add(1) }.withMailbox(wake: {}, answer)
        #expect(texts.value == 1)
    }

    // MARK: Cancellation

    @Test func `a cancelled request wakes its engine, which ends it`() async throws {
        let wakes = Gauge()
        let request = try await Request(wake: { wakes.add(1) })
        #expect(wakes.value == 0)
        request.task.cancel()
        #expect(wakes.value == 1)
        #expect(request.mailbox.isCancelled)
        request.mailbox.fail(CancellationError())
        await #expect(throws: CancellationError.self) { try await request.task.value }
    }

    @Test func `a mailbox of a cancelled task is cancelled from the start`() async throws {
        let wakes = Gauge()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            func refuse(_ mailbox: Mailbox) {
                #expect(mailbox.isCancelled)
                mailbox.finish()
            }
            try await StreamSink { _ in }.withMailbox(wake: { wakes.add(1) }, refuse)
        }
        task.cancel()
        try await task.value
        #expect(wakes.value == 1)
    }

    @Test func `a request that has ended does not wake its engine`() async throws {
        let wakes = Gauge()
        let request = try await Request(wake: { wakes.add(1) })
        request.mailbox.finish()
        try await request.task.value
        request.task.cancel()
        #expect(wakes.value == 0)
    }

    // MARK: Events

    @Test func `a sink that fails ends the request`() async throws {
        let request = try await Request(to: StreamSink { _ in throw Failure(number: 4) })
        #expect(request.mailbox.receive(.text("a")) == nil)
        #expect(request.mailbox.isCancelled)
        await #expect(throws: Failure(number: 4)) { try await request.task.value }
    }

    @Test func `a sink that throws CancellationError cancels the mailbox, and the engine ends it`() async throws {
        let request = try await Request(to: StreamSink { _ in throw CancellationError() })
        #expect(!request.mailbox.isCancelled)
        #expect(request.mailbox.receive(.text("a")) == nil)
        #expect(request.mailbox.isCancelled)
        request.mailbox.finish()
        try await request.task.value
    }
}
