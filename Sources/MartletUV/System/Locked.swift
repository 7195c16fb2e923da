#if MARTLET_SANITIZE
    #if canImport(Glibc)
        internal import Glibc
    #else
        internal import Darwin
    #endif

    /// A value behind a lock that ThreadSanitizer understands: the futexes of `Synchronization.Mutex` have it report races
    /// that are none. For builds with `-D MARTLET_SANITIZE`.
    ///
    /// Sendable because `value` is touched between the lock and the unlock of `mutex` only.
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

        /// Runs `body` while no other thread can see the value. `body` must not suspend, block or lock itself again.
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

    /// A value behind a lock: the one lock of the house, but for the toy's inbox, which waits on a condition.
    @frozen public struct Locked<Value>: ~Copyable, Sendable {
        @usableFromInline let mutex: Mutex<Value>

        @inlinable public init(_ value: sending Value) { mutex = Mutex(value) }

        /// Runs `body` while no other thread can see the value. `body` must not suspend, block or lock itself again.
        @inlinable public borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try mutex.withLock(body)
        }
    }
#endif
