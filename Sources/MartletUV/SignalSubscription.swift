/// Signals that are watched on a loop, as something another thread can hold and end.
package final class SignalSubscription: Sendable {
    private let watchers: LoopBound<[SignalWatcher]>

    /// Returns once the signals are watched: from then on none has its default action.
    package nonisolated(nonsending) init(
        _ signals: [Int32], on loop: EventLoop, onSignal: @escaping @Sendable () -> Void
    ) async {
        watchers = LoopBound([], on: loop)
        let watchers = watchers
        await withCheckedContinuation { continuation in
            loop.atEndOfTurn {
                watchers.withValue { watchers in
                    for signal in signals {
                        // A signal that cannot be watched keeps its default action, which ends the process.
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
