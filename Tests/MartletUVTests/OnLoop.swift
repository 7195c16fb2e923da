import Foundation
import MartletUV

extension EventLoop {
    /// Runs `body` on the loop as a job.
    @discardableResult
    func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await Task(executorPreference: self) { body() }.value
    }

    /// Runs `body` with a new loop and ends the loop. `body` must close the handles that it opens.
    static func with<Result: Sendable>(_ body: (EventLoop) async throws -> Result) async throws -> Result {
        let loop = try EventLoop()
        do {
            let result = try await body(loop)
            await loop.stop()
            return result
        } catch {
            await loop.stop()
            throw error
        }
    }
}

/// Runs blocking code on its own thread: the pool that tasks share has only one thread per core.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// Events in order, recorded from any thread.
final class Log: Sendable {
    private let recorded = Locked<[String]>([])

    var entries: [String] { recorded.withLock { $0 } }

    func record(_ entry: String) { recorded.withLock { $0.append(entry) } }
}
