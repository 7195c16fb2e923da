import Synchronization
import Testing

@testable import MartletUV

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(1)))
struct ThreadPoolTests {
    /// What blocks a thread until a test opens it.
    private final class Barrier: Sendable {
        private let arrived = Atomic(0)
        private let isOpen = Atomic(false)

        var count: Int { arrived.load(ordering: .acquiring) }

        func block() {
            arrived.add(1, ordering: .acquiringAndReleasing)
            while !isOpen.load(ordering: .acquiring) { usleep(500) }
        }

        /// The values that the jobs recorded.
        private let values = Mutex<[UInt]>([])

        var recorded: [UInt] { values.withLock { $0 } }

        func record(_ number: UInt) { values.withLock { $0.append(number) } }

        func open() { isOpen.store(true, ordering: .releasing) }
    }

    private static var currentThread: UInt {
        #if canImport(Glibc)
            UInt(pthread_self())
        #else
            UInt(bitPattern: pthread_self())
        #endif
    }

    @Test(arguments: [0, 1, 3])
    func `as many jobs run at once as there are threads, each on one of them`(count: Int) async throws {
        let pool = try ThreadPool(count: count)
        defer { pool.stop() }
        let barrier = Barrier()
        let tasks = (0..<8).map { _ in
            Task(executorPreference: pool) {
                barrier.record(Self.currentThread)
                barrier.block()
            }
        }
        let expected = max(1, count)
        await eventually("all threads are busy") { barrier.count == expected }
        try await Task.sleep(for: .milliseconds(20))
        #expect(barrier.count == expected)
        barrier.open()
        for task in tasks { await task.value }
        #expect(Set(barrier.recorded).count == expected)
        #expect(!barrier.recorded.contains(Self.currentThread))
    }

    @Test func `jobs run in the order of submission`() async throws {
        let pool = try ThreadPool(count: 1)
        defer { pool.stop() }
        let barrier = Barrier()
        let first = Task(executorPreference: pool) { barrier.block() }
        await eventually("the thread is blocked") { barrier.count == 1 }
        let tasks = (0..<5000 as Range<UInt>).map { number in
            Task(executorPreference: pool) { barrier.record(number) }
        }
        barrier.open()
        await first.value
        for task in tasks { await task.value }
        #expect(barrier.recorded == Array(0..<5000))
    }

    @Test func `a stopped pool ends its threads, and remaining tasks finish elsewhere`() async throws {
        let barrier = Barrier()
        weak var ended: ThreadPool?
        let blocked: Task<Void, Never>
        do {
            let pool = try ThreadPool(count: 1)
            ended = pool
            blocked = Task(executorPreference: pool) {
                barrier.block()
                await Task.yield()
            }
            await eventually("the thread is blocked") { barrier.count == 1 }
            let waiting = Task(executorPreference: pool) { true }
            pool.stop()
            pool.stop()
            // The thread is blocked meanwhile.
            #expect(await waiting.value)
            await Task(executorPreference: pool) {}.value
        }
        barrier.open()
        await blocked.value
        await eventually("the threads have ended") { ended == nil }
    }
}
