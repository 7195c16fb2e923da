/// Estimates after how many seconds a refused request may try again: the time that the waiting requests will take at
/// the queue's recent speed.
///
/// Only time in which requests waited counts, so that idle hours do not make a server look slow. Two windows of half a
/// minute make the estimate independent of the position within a burst. A pure value: no clock, no lock.
struct RetryAfter {
    typealias Instant = ContinuousClock.Instant

    /// The bounds of the estimate, in seconds.
    static let range = 1...60
    private static let windowLength = Duration.seconds(30)

    private struct Window {
        var served = 0
        var time = Duration.zero
    }

    private var previous = Window()
    private var current = Window()
    /// The time up to which `current` has counted; nil while no request waits.
    private var counted: Instant?

    /// The first request begins to wait.
    mutating func queueDidBegin(at now: Instant) { counted = now }

    /// The queue has become empty.
    mutating func queueDidEnd(at now: Instant) {
        count(to: now)
        counted = nil
    }

    /// A waiting request got a permit.
    mutating func didServe(at now: Instant) {
        count(to: now)
        current.served += 1
    }

    private mutating func count(to now: Instant) {
        guard let since = counted else { return }
        counted = now
        if current.time >= Self.windowLength {
            previous = current
            current = Window()
        }
        current.time += max(.zero, now - since)
    }

    /// Seconds until all requests that wait now have permits. While none has got one yet, it is the time that they have
    /// waited so far.
    func seconds(waiting: Int, at now: Instant) -> Int {
        let time = previous.time + current.time + (counted.map { max(.zero, now - $0) } ?? .zero)
        let served = previous.served + current.served
        let estimate = served == 0 ? time / .seconds(1) : time / .seconds(1) * Double(waiting) / Double(served)
        let seconds = min(max(estimate.rounded(.up), Double(Self.range.lowerBound)), Double(Self.range.upperBound))
        return Int(seconds)
    }
}
