import Dispatch
import Testing

@testable import MartletEngine

struct EngineThreadTests {
    @Test func `messages arrive in order, all of them, on one thread`() async {
        let (stream, continuation) = AsyncStream<Int>.makeStream()
        let thread = EngineThread<Int> {
            var sum = 0  // lives on the thread, unprotected
            return { messages in
                for message in messages {
                    sum += message
                    continuation.yield(sum)
                }
                return false
            }
        }
        for number in 1...100 { #expect(thread.post(number)) }
        var sums: [Int] = []
        for await sum in stream.prefix(100) { sums.append(sum) }
        #expect(sums == (1...100).map { $0 * ($0 + 1) / 2 })
        await thread.stop()
    }

    @Test func `turns follow each other while there is work`() async {
        let (stream, continuation) = AsyncStream<Int>.makeStream()
        let thread = EngineThread<Int> {
            var left = 0
            return { messages in
                left += messages.reduce(0, +)
                continuation.yield(left)
                left = max(0, left - 1)
                return left > 0
            }
        }
        #expect(thread.post(3))
        var turns = stream.makeAsyncIterator()
        #expect(await [turns.next(), turns.next(), turns.next()] == [3, 2, 1])
        thread.wake()
        #expect(await turns.next() == 0)
        await thread.stop()
    }

    @Test func `a stopped thread takes no more messages`() async {
        let thread = EngineThread<Int> { { _ in true } }
        await thread.stop()
        #expect(!thread.post(1))
        thread.wake()
        await thread.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a message that was never taken is released by stop`() async {
        final class Token: Sendable {
            let release: AsyncStream<Int>.Continuation
            let number: Int
            init(_ number: Int, _ release: AsyncStream<Int>.Continuation) {
                (self.number, self.release) = (number, release)
            }
            deinit { release.yield(number) }
        }
        let (started, start) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Int>.makeStream()
        let gate = DispatchSemaphore(value: 0)
        let thread = EngineThread<Token> {
            { _ in
                start.yield()
                gate.wait()
                return false
            }
        }
        thread.wake()
        for await _ in started.prefix(1) {}
        #expect(thread.post(Token(1, release)))
        Task { await thread.stop() }
        while thread.post(Token(0, release)) { await Task.yield() }
        gate.signal()
        for await number in released where number == 1 { break }
        withExtendedLifetime(thread) {}
    }

    @Test(.timeLimit(.minutes(1)))
    func `stop suspends until the turn has ended and everything is released, and blocks no thread of the pool`() async {
        final class Cache: Sendable {
            let isReleased: AsyncStream<Void>.Continuation
            init(_ isReleased: AsyncStream<Void>.Continuation) { self.isReleased = isReleased }
            deinit { isReleased.yield() }
        }
        let (started, start) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let gate = DispatchSemaphore(value: 0)
        let thread = EngineThread<Int> {
            let cache = Cache(release)
            return { _ in
                start.yield()
                gate.wait()
                return withExtendedLifetime(cache) { false }
            }
        }
        thread.wake()
        for await _ in started.prefix(1) {}
        await withTaskGroup { group in
            // More than the pool has threads: if they blocked it, the gate would never be opened.
            for _ in 0..<100 { group.addTask { await thread.stop() } }
            group.addTask { gate.signal() }
        }
        release.finish()
        var count = 0
        for await _ in released { count += 1 }
        #expect(count == 1, "released before stop returned")
    }

    @Test(.timeLimit(.minutes(1)))
    func `a thread without references ends, and releases what it captured`() async {
        final class Token: Sendable {
            let end: AsyncStream<Void>.Continuation
            init(_ end: AsyncStream<Void>.Continuation) { self.end = end }
            deinit { end.finish() }
        }
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        do {
            let token = Token(continuation)
            let thread = EngineThread<Int> {
                { _ in
                    _ = token
                    return true
                }
            }
            thread.wake()
        }
        for await _ in stream {}
    }
}
