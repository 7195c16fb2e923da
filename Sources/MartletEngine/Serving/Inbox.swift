#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Carries messages to a thread in the order they were posted, wake-ups, and the request to end.
///
/// Unchecked, because all variables are accessed under `mutex` only. The reader waits on a condition, hence no `Mutex`.
final class Inbox<Message: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var messages: [Message] = []
    private var isWoken = false
    private var isClosed = false
    private var isAbandoned = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Returns false once the inbox is closed: the message will not be read.
    func post(_ message: Message) -> Bool {
        change {
            if !isClosed { messages.append(message) }
            return !isClosed
        }
    }

    func wake() {
        change { isWoken = true }
    }

    func close() {
        change { isClosed = true }
    }

    /// The reader's side: everything posted since the last call, or `nil` when the inbox is closed. When `waiting`,
    /// blocks until there is a message or a wake-up.
    func take(waiting: Bool) -> [Message]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting, messages.isEmpty, !isWoken, !isClosed { pthread_cond_wait(changed, mutex) }
        guard !isClosed else { return nil }
        isWoken = false
        defer { messages = [] }
        return messages
    }

    /// Ends the reader's side, which `awaitAbandonment` waits for. Releases messages that were never taken, so that
    /// their senders learn that there is no result.
    func abandon() {
        release(
            change {
                defer { messages = [] }
                return messages
            })
        let waiting = change {
            isAbandoned = true
            defer { self.waiting = [] }
            return self.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Suspends until `abandon()` is done.
    func awaitAbandonment() async {
        await withCheckedContinuation { continuation in
            let isOver = change {
                if !isAbandoned { waiting.append(continuation) }
                return isAbandoned
            }
            if isOver { continuation.resume() }
        }
    }

    /// Outside of the lock, which a message's `deinit` may take.
    private func release(_ messages: consuming [Message]) {}

    private func change<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let result = body()
        pthread_cond_broadcast(changed)
        return result
    }
}
