internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Calls back on a loop when the process receives a signal. On the loop's thread only.
package final class SignalWatcher {
    package static let interrupt = SIGINT
    package static let terminate = SIGTERM
    package static let quit = SIGQUIT
    package static let hangUp = SIGHUP
    package static let user1 = SIGUSR1
    package static let user2 = SIGUSR2

    private let handle: UnsafeMutablePointer<uv_signal_t>
    private let onSignal: () -> Void
    private var isClosed = false

    package init(_ signal: Int32, on loop: EventLoop, onSignal: @escaping () -> Void) throws(UVError) {
        self.onSignal = onSignal
        handle = .allocate(capacity: 1)
        uv_signal_init(loop.uvLoop, handle)
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        let code = uv_signal_start(
            handle,
            { handle, _ in
                Unmanaged<SignalWatcher>.fromOpaque(handle!.pointee.data).takeUnretainedValue().onSignal()
            }, signal)
        if code < 0 {
            close()
            throw UVError(code: code, operation: "watch signal \(signal)")
        }
    }

    package func close() {
        if isClosed { return }
        isClosed = true
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_signal_t.self).deallocate()
        }
    }

    /// Makes writes to a closed connection return an error; by default SIGPIPE ends the process.
    package static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

    /// The same for writes on the calling thread only. The library's threads need it in applications that start no
    /// server, for instance a client over TLS, where changing the process's signal handling is not Martlet's decision.
    static func blockBrokenPipes() { block(SIGPIPE) }

    /// Makes writes of the calling thread beyond the limit of a file's size (ulimit -f) return an error; by default
    /// SIGXFSZ ends the process.
    static func blockFileSizeSignals() { block(SIGXFSZ) }

    private static func block(_ signal: Int32) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, signal)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

/// A set of signals watched on a loop, which any thread can hold and close.
package final class SignalSubscription: Sendable {
    private let watchers: LoopBound<[SignalWatcher]>

    /// Returns once the signals are watched and their default actions are disabled.
    package nonisolated(nonsending) init(
        _ signals: [Int32], on loop: EventLoop, onSignal: @escaping @Sendable () -> Void
    ) async {
        watchers = LoopBound([], on: loop)
        let watchers = watchers
        await withCheckedContinuation { continuation in
            loop.atEndOfTurn {
                watchers.withValue { watchers in
                    for signal in signals {
                        // A signal that cannot be watched keeps its default action.
                        if let watcher = try? SignalWatcher(signal, on: loop, onSignal: onSignal) {
                            watchers.append(watcher)
                        }
                    }
                }
                continuation.resume()
            }
        }
    }

    package func close() {
        watchers.loop.atEndOfTurn { [watchers] in
            watchers.withValue { watchers in
                for watcher in watchers { watcher.close() }
                watchers = []
            }
        }
    }
}
