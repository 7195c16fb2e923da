internal import MartletUV

/// The task that produces the response to a request. It is cancelled when the client leaves, when the response needs no
/// more content, and when the server stops.
package final class RequestTask: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        /// Set also before the task is known, which may run earlier than that.
        var isCancelled = false
        var hasEnded = false
    }

    private let state = Locked(State())

    /// Starts a task for the response in `buffer`.
    ///
    /// - Parameters:
    ///   - executor: Where code without its own executor runs; nil for the global pool.
    ///   - tasks: Counts the task until it has ended.
    ///   - onInterrupt: Ends the response when the server stops without waiting any longer. Called before the task is
    ///     cancelled, on any thread.
    package static func start(
        for buffer: ResponseBuffer, on executor: (any TaskExecutor)?, counting tasks: Gauge,
        onInterrupt: @escaping @Sendable () -> Void = {}, _ operation: @escaping @Sendable () async -> Void
    ) {
        let request = RequestTask()
        buffer.setProducer(onStop: { request.cancel() }, onInterrupt: onInterrupt)
        tasks.add(1)
        let task = Task(executorPreference: executor) {
            await operation()
            request.end()
            buffer.removeProducer()
            tasks.add(-1)
        }
        request.set(task)
    }

    private func set(_ task: Task<Void, Never>) {
        let isCancelled = state.withLock { state in
            if !state.hasEnded { state.task = task }
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    private func end() {
        state.withLock { state in
            state.hasEnded = true
            state.task = nil
        }
    }

    private func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }
}
