import MartletHTTP
import MartletUV
import Testing

@Suite(.timeLimit(.minutes(2)))
struct RequestTaskTests {
    /// Runs `body` with a response buffer on its own loop.
    private func with(_ body: (ResponseBuffer) async throws -> Void) async throws {
        let loop = try EventLoop()
        do {
            try await body(ResponseBuffer(on: loop) {})
        } catch {
            Issue.record(error)
        }
        await loop.stop()
    }

    @Test(arguments: [true, false])
    func `a task ends with its client, also one that starts too late`(isLate: Bool) async throws {
        try await with { buffer in
            let tasks = Gauge()
            let cancelled = Gauge()
            if isLate { buffer.cancel() }
            RequestTask.start(for: buffer, on: nil, counting: tasks) {
                try? await Task.sleep(for: .seconds(600))
                if Task.isCancelled { cancelled.add(1) }
            }
            if !isLate { buffer.cancel() }
            await eventually("the task's end") { tasks.value == 0 }
            #expect(cancelled.value == 1)
        }
    }

    @Test func `a task is cancelled when its response needs no more content`() async throws {
        try await with { buffer in
            let tasks = Gauge()
            RequestTask.start(for: buffer, on: nil, counting: tasks) { try? await Task.sleep(for: .seconds(600)) }
            buffer.stopProducer()
            await eventually("the task's end") { tasks.value == 0 }
            #expect(!buffer.isCancelled)
        }
    }

    @Test(arguments: [true, false])
    func `a task runs on the given executor`(onLoop: Bool) async throws {
        try await with { buffer in
            let tasks = Gauge()
            let onLoopCount = Gauge()
            RequestTask.start(for: buffer, on: onLoop ? buffer.loop : nil, counting: tasks) {
                await Task.yield()
                if buffer.loop.isCurrent { onLoopCount.add(1) }
            }
            await eventually("the task's end") { tasks.value == 0 }
            #expect(onLoopCount.value == (onLoop ? 1 : 0))
        }
    }

    @Test func `an interruption runs its action and cancels the task`() async throws {
        try await with { buffer in
            let tasks = Gauge()
            let onInterrupt = { @Sendable in _ = buffer.send(HTTPResponse(.serviceUnavailable, text: "stopping")) }
            RequestTask.start(for: buffer, on: nil, counting: tasks, onInterrupt: onInterrupt) {
                try? await Task.sleep(for: .seconds(600))
            }
            buffer.interrupt()
            guard case .complete(let response) = buffer.take() else {
                Issue.record("the interruption did not respond")
                return
            }
            #expect(response.head.status == .serviceUnavailable)
            await eventually("the task's end") { tasks.value == 0 }
            buffer.interrupt()
        }
    }

    @Test func `a buffer and its task release each other`() async throws {
        let loop = try EventLoop()
        weak var weakBuffer: ResponseBuffer?
        let tasks = Gauge()
        do {
            let buffer = ResponseBuffer(on: loop) {}
            weakBuffer = buffer
            let onInterrupt = { @Sendable in _ = buffer.finish() }
            RequestTask.start(for: buffer, on: loop, counting: tasks, onInterrupt: onInterrupt) { buffer.finish() }
        }
        await eventually("the task's end") { tasks.value == 0 }
        await eventually("the buffer's end") { weakBuffer == nil }
        await loop.stop()
    }
}
