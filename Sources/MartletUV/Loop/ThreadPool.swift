internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Threads of their own for tasks that block: their jobs run in the order they come, as many at once as there are
/// threads.
///
/// Lives until `stop()`. Sendable because all variables are touched under `mutex` only. A condition is waited on, hence
/// no `Locked`.
package final class ThreadPool: TaskExecutor, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<uv_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<uv_cond_t>.allocate(capacity: 1)
    /// Those before `next` have been taken.
    private var jobs: [UnownedJob] = []
    private var next = 0
    private var isStopped = false

    /// Starts so many threads, at least one.
    ///
    /// - Throws: What the system refuses.
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
        // The thread keeps the pool until it ends.
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

    /// Runs a task's job on one of the threads, after those that came before. After `stop()` jobs run on the global
    /// pool: a task that still lives ends there rather than never.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isTaken = locked {
            if !isStopped { jobs.append(job) }
            return !isStopped
        }
        if isTaken { uv_cond_signal(changed) } else { globalConcurrentExecutor.enqueue(job) }
    }

    /// Ends the threads, each after the job that it is running, and does not wait for that: a job may block for long.
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

    /// The next job, once there is one; nil after `stop()`.
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
