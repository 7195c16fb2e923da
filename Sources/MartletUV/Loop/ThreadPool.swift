internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Dedicated threads for tasks that block: jobs start in the order of submission, one per thread at a time.
///
/// Lives until `stop()`. Sendable because all variables are accessed under `mutex` only; it is not a `Locked` because
/// threads wait on a condition.
package final class ThreadPool: TaskExecutor, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<uv_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<uv_cond_t>.allocate(capacity: 1)
    /// The jobs before `next` have been taken.
    private var jobs: [UnownedJob] = []
    private var next = 0
    private var isStopped = false

    /// Starts `count` threads, at least one.
    ///
    /// - Throws: When a thread cannot be created.
    package init(count: Int) throws(UVError) {
        uv_mutex_init(mutex)
        uv_cond_init(changed)
        do throws(UVError) {
            for _ in 0..<max(1, count) { try startThread() }
        } catch {
            stop()
            throw error
        }
    }

    deinit {
        uv_cond_destroy(changed)
        uv_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    private func startThread() throws(UVError) {
        var thread = uv_thread_t()
        // The thread retains the pool until it ends.
        let argument = Unmanaged.passRetained(self)
        let code = uv_thread_create(
            &thread,
            { argument in
                guard let argument else { return }
                pthread_detach(pthread_self())
                Unmanaged<ThreadPool>.fromOpaque(argument).takeRetainedValue().run()
            }, argument.toOpaque())
        if code != 0 { argument.release() }
        try UVError.check(code, "start a thread")
    }

    /// Runs a task's job on one of the threads, after earlier jobs have started. After `stop()` jobs run on the global
    /// pool, so that the remaining tasks can finish.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isTaken = locked {
            if !isStopped { jobs.append(job) }
            return !isStopped
        }
        if isTaken { uv_cond_signal(changed) } else { globalConcurrentExecutor.enqueue(job) }
    }

    /// Ends each thread after its current job. Does not wait for that, since a job may block for a long time.
    package func stop() {
        let rest = locked {
            isStopped = true
            defer { (jobs, next) = ([], 0) }
            return jobs[next...]
        }
        uv_cond_broadcast(changed)
        for job in rest { globalConcurrentExecutor.enqueue(job) }
    }

    // MARK: The threads

    private func run() {
        while let job = take() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Waits for the next job; nil after `stop()`.
    private func take() -> UnownedJob? {
        locked {
            while next == jobs.count && !isStopped { uv_cond_wait(changed, mutex) }
            guard next < jobs.count else { return nil }
            defer { next += 1 }
            if next >= 1024 && next * 2 > jobs.count {
                jobs.removeFirst(next)
                next = 0
            }
            return jobs[next]
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        uv_mutex_lock(mutex)
        defer { uv_mutex_unlock(mutex) }
        return body()
    }
}
