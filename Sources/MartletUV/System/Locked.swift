#if MARTLET_SANITIZE
    #if canImport(Glibc)
        internal import Glibc
    #else
        internal import Darwin
    #endif

    /// A value behind a lock that ThreadSanitizer understands: with the futexes of `Synchronization.Mutex` it reports
    /// false races. For builds with `-D MARTLET_SANITIZE`.
    ///
    /// Sendable because `value` is accessed between the lock and the unlock of `mutex` only.
    package struct Locked<Value>: ~Copyable, @unchecked Sendable {
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private let value: UnsafeMutablePointer<Value>

        package init(_ value: sending Value) {
            mutex = .allocate(capacity: 1)
            pthread_mutex_init(mutex, nil)
            self.value = .allocate(capacity: 1)
            self.value.initialize(to: value)
        }

        deinit {
            value.deinitialize(count: 1)
            value.deallocate()
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
        }

        /// Runs `body` with exclusive access to the value. `body` must not suspend, block or take the same lock again.
        package borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body(&value.pointee)
        }
    }
#else
    public import Synchronization

    /// A value behind a lock. Code that waits on a condition uses its own mutex instead.
    @frozen public struct Locked<Value>: ~Copyable, Sendable {
        @usableFromInline let mutex: Mutex<Value>

        @inlinable public init(_ value: sending Value) { mutex = Mutex(value) }

        /// Runs `body` with exclusive access to the value. `body` must not suspend, block or take the same lock again.
        @inlinable public borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try mutex.withLock(body)
        }
    }
#endif
