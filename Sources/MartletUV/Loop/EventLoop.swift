internal import CUV

/// One thread that runs one `uv_loop_t`, and is an executor for the tasks that prefer it.
///
/// Everything that a loop owns (sockets, deadlines, buffers) is accessed on its thread only. Work reaches the thread in
/// two ways: jobs of tasks (`enqueue`), and closures that run at the end of a turn (`atEndOfTurn`), after all callbacks
/// and jobs of that turn, so that their output leaves in one write.
///
/// Sendable because `turnWork`, `turnStamp`, `isEnding`, `endActions`, `readBuffer` and the handles are accessed by the loop's own thread only,
/// `thread` is set before `init` returns, and `foreign` is locked.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// Work that is queued for the loop's thread.
    private struct Work {
        var jobs: [UnownedJob] = []
        var closures: [@Sendable () -> Void] = []
        var isEmpty: Bool { jobs.isEmpty && closures.isEmpty }
    }

    private struct Foreign {
        var work = Work()
        var isStopping = false
        /// Set under the lock before the async handle is closed, so that no thread signals a closed handle.
        var hasEnded = false
        /// Whether the thread has finished its work.
        var isOver = false
        var endWaiters: [CheckedContinuation<Void, Never>] = []
    }

    /// A turn starts no further batch of jobs after this many; the rest runs in the next turn, after socket events.
    private static let jobBudget = 4096
    /// The size in bytes of the buffer that all sockets of the loop read into.
    package static let readBufferSize = 64 * 1024

    let uvLoop: UnsafeMutablePointer<uv_loop_t>
    let readBuffer: UnsafeMutableBufferPointer<CChar>
    private let async: UnsafeMutablePointer<uv_async_t>
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let idle: UnsafeMutablePointer<uv_idle_t>
    private var thread = uv_thread_t()
    private var turnWork = Work()
    /// The `turnTime` of the current turn; 0 until somebody asks for it.
    private var turnStamp: UInt64 = 0
    /// The copy of `hasEnded` for the loop's own thread.
    private var isEnding = false
    /// Closes what others have opened on the loop.
    private var endActions: [() -> Void] = []
    private let foreign = Locked(Foreign())

    /// Starts the thread; `stop()` ends it.
    package init() throws(UVError) {
        uvLoop = .allocate(capacity: 1)
        async = .allocate(capacity: 1)
        prepare = .allocate(capacity: 1)
        idle = .allocate(capacity: 1)
        readBuffer = .allocate(capacity: Self.readBufferSize)
        try UVError.check(uv_loop_init(uvLoop), "make an event loop")
        let this = Unmanaged.passUnretained(self).toOpaque()
        uvLoop.pointee.data = this
        try UVError.check(
            uv_async_init(uvLoop, async) { EventLoop.of($0!.pointee.loop).takeForeignWork() }, "make an async handle")
        uv_prepare_init(uvLoop, prepare)
        uv_prepare_start(prepare) { EventLoop.of($0!.pointee.loop).turn() }
        uv_idle_init(uvLoop, idle)

        let started = UnsafeMutablePointer<uv_sem_t>.allocate(capacity: 1)
        defer { started.deallocate() }
        uv_sem_init(started, 0)
        let start = ThreadStart(loop: self, started: started)
        var created = uv_thread_t()
        let code = uv_thread_create(
            &created,
            { argument in
                let start = Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue()
                start.loop.run(started: start.started)
            }, Unmanaged.passRetained(start).toOpaque())
        try UVError.check(code, "start a thread")
        uv_sem_wait(started)
        uv_sem_destroy(started)
    }

    deinit {
        uvLoop.deallocate()
        async.deallocate()
        prepare.deallocate()
        idle.deallocate()
        readBuffer.deallocate()
    }

    /// Whether the caller is on the loop's thread.
    package var isCurrent: Bool {
        var caller = uv_thread_self()
        var own = thread
        return uv_thread_equal(&caller, &own) != 0
    }

    /// Milliseconds of a monotonic clock, read once a turn; on the loop's thread only.
    package var now: UInt64 { uv_now(uvLoop) }

    /// Nanoseconds of a monotonic clock, read at the first access of a turn; on the loop's thread only.
    package var turnTime: UInt64 {
        if turnStamp == 0 { turnStamp = uv_hrtime() }
        return turnStamp
    }

    /// Seconds since 1970, of the wall clock.
    package static var unixTime: Int {
        var time = uv_timeval64_t()
        uv_gettimeofday(&time)
        return Int(time.tv_sec)
    }

    /// Microseconds since 1970, of the wall clock.
    package static var unixMicroseconds: Int {
        var time = uv_timeval64_t()
        uv_gettimeofday(&time)
        return Int(time.tv_sec) * 1_000_000 + Int(time.tv_usec)
    }

    /// The number of threads that the process can run in parallel.
    package static var availableParallelism: Int { Int(uv_available_parallelism()) }

    // MARK: Work from tasks and other threads

    /// Runs a task's job on the loop. After the loop has ended, jobs run on the global pool, so that the remaining tasks
    /// can finish.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent && !isEnding {
            turnWork.jobs.append(job)
        } else if !submit({ $0.jobs.append(job) }) {
            globalConcurrentExecutor.enqueue(job)
        }
    }

    /// Runs `closure` on the loop at the end of the current turn, or of the next one when called from another thread.
    /// Returns false, and runs nothing, when the loop has ended.
    @discardableResult
    package func atEndOfTurn(_ closure: @escaping @Sendable () -> Void) -> Bool {
        if isCurrent && !isEnding {
            turnWork.closures.append(closure)
            return true
        }
        return submit { $0.closures.append(closure) }
    }

    /// Calls `action` when the loop ends, to close handles that live as long. On the loop's thread only.
    package func onEnd(_ action: @escaping () -> Void) { endActions.append(action) }

    /// `atEndOfTurn` for several closures with one wake-up, for an engine's step that feeds many streams.
    package func atEndOfTurn(_ closures: [@Sendable () -> Void]) {
        if isCurrent && !isEnding {
            turnWork.closures.append(contentsOf: closures)
        } else {
            _ = submit { $0.closures.append(contentsOf: closures) }
        }
    }

    /// Runs `body` on the loop at the end of a turn and returns its result; nil when the loop has ended.
    package func perform<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            if !atEndOfTurn({ continuation.resume(returning: body()) }) { continuation.resume(returning: nil) }
        }
    }

    private func submit(_ add: (inout Work) -> Void) -> Bool {
        foreign.withLock { foreign in
            if foreign.hasEnded { return false }
            let wasEmpty = foreign.work.isEmpty
            add(&foreign.work)
            if wasEmpty { uv_async_send(async) }
            return true
        }
    }

    // MARK: The thread

    private func run(started: UnsafeMutablePointer<uv_sem_t>) {
        thread = uv_thread_self()
        ThreadName.set("martlet-loop")
        SignalWatcher.blockBrokenPipes()
        uv_sem_post(started)
        uv_run(uvLoop, UV_RUN_DEFAULT)
        uv_loop_close(uvLoop)
        for job in turnWork.jobs { globalConcurrentExecutor.enqueue(job) }
        let waiters = foreign.withLock { foreign in
            foreign.isOver = true
            defer { foreign.endWaiters = [] }
            return foreign.endWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func takeForeignWork(isLast: Bool = false) {
        let work = foreign.withLock { foreign in
            if isLast { foreign.hasEnded = true }
            defer { foreign.work = Work() }
            return foreign.work
        }
        turnWork.jobs.append(contentsOf: work.jobs)
        turnWork.closures.append(contentsOf: work.closures)
    }

    /// Runs before every poll, so that the loop never sleeps while work is queued.
    private func turn() {
        runJobs()
        runClosures()
        turnStamp = 0
        if isEnding {
            // Closures accepted before the end; remaining jobs run on the global pool.
            runClosures()
        } else if turnWork.isEmpty {
            uv_idle_stop(idle)
        } else {
            // An active idle handle makes the poll return at once.
            uv_idle_start(idle) { _ in }
        }
    }

    private func runJobs() {
        var budget = Self.jobBudget
        while !turnWork.jobs.isEmpty && budget > 0 {
            var jobs: [UnownedJob] = []
            swap(&jobs, &turnWork.jobs)
            budget -= jobs.count
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    private func runClosures() {
        var closures: [@Sendable () -> Void] = []
        swap(&closures, &turnWork.closures)
        for closure in closures { closure() }
    }

    /// Ends the loop and waits for its thread. All handles that were opened on the loop must be closed before.
    /// Idempotent.
    package func stop() async {
        let isFirst = foreign.withLock { foreign in
            defer { foreign.isStopping = true }
            return !foreign.isStopping
        }
        if isFirst { atEndOfTurn { self.closeHandles() } }
        await withCheckedContinuation { continuation in
            let isOver = foreign.withLock { foreign in
                if !foreign.isOver { foreign.endWaiters.append(continuation) }
                return foreign.isOver
            }
            if isOver { continuation.resume() }
        }
        if isFirst {
            var thread = thread
            uv_thread_join(&thread)
        }
    }

    private func closeHandles() {
        for action in endActions { action() }
        endActions = []
        takeForeignWork(isLast: true)
        isEnding = true
        uv_close(UnsafeMutableRawPointer(async).assumingMemoryBound(to: uv_handle_t.self), nil)
        uv_close(UnsafeMutableRawPointer(prepare).assumingMemoryBound(to: uv_handle_t.self), nil)
        uv_close(UnsafeMutableRawPointer(idle).assumingMemoryBound(to: uv_handle_t.self), nil)
    }

    static func of(_ uvLoop: UnsafeMutablePointer<uv_loop_t>) -> EventLoop {
        Unmanaged<EventLoop>.fromOpaque(uvLoop.pointee.data).takeUnretainedValue()
    }
}

/// The argument of the new thread.
private final class ThreadStart {
    let loop: EventLoop
    let started: UnsafeMutablePointer<uv_sem_t>

    init(loop: EventLoop, started: UnsafeMutablePointer<uv_sem_t>) {
        self.loop = loop
        self.started = started
    }
}
