#if MARTLET_SANITIZE
    #if canImport(Glibc)
        import Glibc
    #else
        import Darwin
    #endif
#else
    package import Synchronization
#endif

/// A value behind a lock: the one place of the house that locks.
///
/// ThreadSanitizer does not understand the futexes of `Synchronization.Mutex` and reports races that are none, so a
/// build with `-D MARTLET_SANITIZE` locks with a pthread mutex, which it does understand.
package struct Locked<Value>: ~Copyable, Sendable {
    #if MARTLET_SANITIZE
        private let storage: PthreadLocked<Value>

        package init(_ value: sending Value) { storage = PthreadLocked(value) }

        /// Runs `body` while no other thread can see the value. `body` must not suspend, block or lock itself again.
        package borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            storage.lock()
            defer { storage.unlock() }
            return try body(&storage.value)
        }
    #else
        @usableFromInline let mutex: Mutex<Value>

        @inlinable package init(_ value: sending Value) { mutex = Mutex(value) }

        /// Runs `body` while no other thread can see the value. `body` must not suspend, block or lock itself again.
        @inlinable package borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try mutex.withLock(body)
        }
    #endif
}

#if MARTLET_SANITIZE
    /// Sendable because every access to `value` happens between the lock and the unlock of `mutex`.
    private final class PthreadLocked<Value>: @unchecked Sendable {
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        var value: Value

        init(_ value: Value) {
            mutex = .allocate(capacity: 1)
            pthread_mutex_init(mutex, nil)
            self.value = value
        }

        deinit {
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
        }

        func lock() { pthread_mutex_lock(mutex) }

        func unlock() { pthread_mutex_unlock(mutex) }
    }
#endif
