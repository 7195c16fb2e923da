import Foundation
import MartletUV
import Testing

@Suite(.timeLimit(.minutes(2)))
struct EventLoopTests {
    // MARK: Closures

    @Test func `closures from another thread run on the loop's thread, in order`() async throws {
        try await EventLoop.with { loop in
            let log = Log()
            #expect(!loop.isCurrent)
            for number in 0..<1000 { loop.atEndOfTurn { log.record("\(number) \(loop.isCurrent)") } }
            await eventually("the last") { log.entries.count == 1000 }
            #expect(log.entries == (0..<1000).map { "\($0) true" })
        }
    }

    @Test(arguments: [true, false])
    func `several closures are submitted with one call`(fromLoop: Bool) async throws {
        try await EventLoop.with { loop in
            let log = Log()
            let closures = (0..<10).map { number -> @Sendable () -> Void in { log.record("\(number)") } }
            if fromLoop { await loop.run { loop.atEndOfTurn(closures) } } else { loop.atEndOfTurn(closures) }
            await eventually("the last") { log.entries == (0..<10).map(String.init) }
        }
    }

    @Test func `work from many threads wakes the loop every time`() async throws {
        try await EventLoop.with { loop in
            let log = Log()
            await withTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<250 {
                            loop.atEndOfTurn { log.record("closure") }
                            await loop.run { log.record("job") }
                        }
                    }
                }
            }
            await eventually("the last closure") { log.entries.count == 4000 }
        }
    }

    @Test func `a turn's closures run after its jobs, also when a job adds them`() async throws {
        try await EventLoop.with { loop in
            let log = Log()
            await loop.run {
                loop.atEndOfTurn { log.record("closure") }
                Task(executorPreference: loop) {
                    log.record("first")
                    await Task.yield()
                    log.record("second")
                }
                Task(executorPreference: loop) { log.record("third") }
            }
            await eventually("the closure") { log.entries.contains("closure") }
            #expect(log.entries == ["first", "third", "second", "closure"])
        }
    }

    // MARK: Tasks

    @Test func `a task that prefers the loop is on it after every await`() async throws {
        try await EventLoop.with { loop in
            let places = await Task(executorPreference: loop) {
                var places = [loop.isCurrent]
                await Task.yield()
                places.append(loop.isCurrent)
                try? await Task.sleep(for: .milliseconds(1))
                places.append(loop.isCurrent)
                async let child = loop.isCurrent
                places.append(await child)
                places.append(loop.isCurrent)
                places += await withTaskGroup { group in
                    for _ in 0..<3 {
                        group.addTask {
                            try? await Task.sleep(for: .milliseconds(1))
                            return loop.isCurrent
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                places.append(loop.isCurrent)
                await Task.detached {}.value
                places.append(loop.isCurrent)
                return places
            }.value
            #expect(places == Array(repeating: true, count: 10))
        }
    }

    @Test func `a task of the pool that visits the loop returns to the pool`() async throws {
        try await EventLoop.with { loop in
            let places = await Task.detached {
                let before = loop.isCurrent
                let visit = await withTaskExecutorPreference(loop) { loop.isCurrent }
                return [before, visit, loop.isCurrent]
            }.value
            #expect(places == [false, true, false])
        }
    }

    @Test func `a busy task does not starve closures and other tasks`() async throws {
        try await EventLoop.with { loop in
            let spinning = Task(executorPreference: loop) { while !Task.isCancelled { await Task.yield() } }
            let log = Log()
            for _ in 0..<10 {
                loop.atEndOfTurn { log.record("closure") }
                await loop.run { log.record("job") }
                try await Task(executorPreference: loop) { try await Task.sleep(for: .milliseconds(1)) }.value
            }
            await eventually("the closures") { log.entries.count == 20 }
            spinning.cancel()
            await spinning.value
        }
    }

    // MARK: The end

    @Test func `after the end closures are refused and jobs run on the global pool`() async throws {
        let loop = try EventLoop()
        let gate = Task.detached { try? await Task.sleep(for: .seconds(60)) }
        let remaining = Task(executorPreference: loop) {
            await gate.value
            return loop.isCurrent
        }
        await loop.run {}
        await loop.stop()
        #expect(!loop.atEndOfTurn { Issue.record("a closure ran after the end") })
        gate.cancel()
        #expect(await remaining.value == false)
        #expect(await loop.run { loop.isCurrent } == false)
    }

    @Test func `all accepted closures run before the loop's end`() async throws {
        for _ in 0..<50 {
            let loop = try EventLoop()
            let log = Log()
            let accepting = Task.detached {
                var accepted = 0
                while loop.atEndOfTurn({ log.record("run") }) { accepted += 1 }
                return accepted
            }
            let working = Task.detached { for _ in 0..<200 { await loop.run {} } }
            await loop.stop()
            let accepted = await accepting.value
            await working.value
            #expect(log.entries.count == accepted)
        }
    }

    @Test func `work submitted during the end does not keep the loop alive`() async throws {
        let loop = try EventLoop()
        let log = Log()
        let isBlocked = DispatchSemaphore(value: 0)
        let canContinue = DispatchSemaphore(value: 0)
        loop.atEndOfTurn {
            isBlocked.signal()
            canContinue.wait()
        }
        try await onThread { isBlocked.wait() }
        // Both reach the loop in its last turn.
        loop.atEndOfTurn {
            loop.atEndOfTurn { log.record("closure") }
            Task(executorPreference: loop) { log.record("job") }
        }
        let stopping = Task.detached { await loop.stop() }
        try await Task.sleep(for: .milliseconds(50))
        canContinue.signal()
        await stopping.value
        await eventually("both") { log.entries.sorted() == ["closure", "job"] }
    }

    @Test func `a task on the loop can end it`() async throws {
        let loop = try EventLoop()
        let wasOnLoop = await Task(executorPreference: loop) {
            await loop.stop()
            return loop.isCurrent
        }.value
        #expect(!wasOnLoop)
    }

    @Test func `ending is idempotent, concurrently or later`() async throws {
        let loop = try EventLoop()
        await withTaskGroup { group in
            for _ in 0..<4 { group.addTask { await loop.stop() } }
        }
        await loop.stop()
        #expect(!loop.atEndOfTurn {})
    }

    @Test func `a write to a broken pipe on a loop is an error and does not end the process`() async {
        await #expect(processExitsWith: .success) {
            // As in a process that has started no server.
            signal(SIGPIPE, SIG_DFL)
            try await EventLoop.with { loop in
                let isError = await loop.run {
                    var ends: [Int32] = [0, 0]
                    guard pipe(&ends) == 0 else { return false }
                    close(ends[0])
                    defer { close(ends[1]) }
                    return write(ends[1], "x", 1) == -1 && errno == EPIPE
                }
                #expect(isError)
            }
        }
    }

    @Test func `a thousand loops leave no descriptors`() async throws {
        func openDescriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/dev/fd").count }
        let before = try openDescriptors()
        for _ in 0..<1000 {
            try await EventLoop.with { loop in await loop.run {} }
        }
        // Each loop has at least two; what other tests have open meanwhile is far less than 500.
        #expect(try openDescriptors() < before + 500)
    }
}
