package import MartletUV

/// What the loops of a server measure while metrics are on: how late they are, and the times between the writes of a
/// stream.
package final class LoopMeasurements: Sendable {
    private struct State {
        /// In the order of the loops.
        var lateness: [AtomicHistogram] = []
        /// By label, then by loop: loops do not share a counter.
        var intervals: [String: [ObjectIdentifier: AtomicHistogram]] = [:]
    }

    private let latenessBounds: [Int]
    private let intervalBounds: [Int]
    private let state = Locked(State())

    /// - Parameters:
    ///   - latenessBounds: The buckets of the loops' lateness, in milliseconds.
    ///   - intervalBounds: The buckets of the times between writes, in nanoseconds.
    package init(latenessBounds: [Int], intervalBounds: [Int]) {
        self.latenessBounds = latenessBounds
        self.intervalBounds = intervalBounds
    }

    /// A histogram of the lateness of one more loop.
    package func addLoop() -> AtomicHistogram {
        let histogram = AtomicHistogram(bounds: latenessBounds)
        state.withLock { $0.lateness.append(histogram) }
        return histogram
    }

    /// The histogram of a loop's streams with a label. Labels must come from a bounded set.
    package func intervals(of label: String, on loop: EventLoop) -> AtomicHistogram {
        state.withLock { state in
            if let histogram = state.intervals[label]?[ObjectIdentifier(loop)] { return histogram }
            let histogram = AtomicHistogram(bounds: intervalBounds)
            state.intervals[label, default: [:]][ObjectIdentifier(loop)] = histogram
            return histogram
        }
    }

    /// The lateness of each loop.
    package var lateness: [AtomicHistogram] { state.withLock { $0.lateness } }

    /// The histograms of all loops, by label.
    package var intervals: [String: [AtomicHistogram]] {
        state.withLock { $0.intervals.mapValues { Array($0.values) } }
    }
}
