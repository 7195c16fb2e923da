internal import Dispatch

/// An actor's executor that may be blocked: its jobs run on a thread of Dispatch, never on one of Swift's pool, which
/// has only as many threads as there are cores.
final class BlockingExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
