/// After how many seconds a refused request may try again: how long the requests that wait will take, at the speed
/// at which the queue moved lately.
///
/// Only time in which somebody waited counts, so that idle hours do not make a server look slow. It is counted in two
/// windows of half a minute, so that it does not matter where in a burst one looks. A value: no clock, no lock.
struct RetryAfter {
    typealias Instant = ContinuousClock.Instant

    /// What is ever answered, in seconds.
    static let range = 1...60
    private static let windowLength = Duration.seconds(30)

    private struct Window {
        var served = 0
        var time = Duration.zero
    }

    private var previous = Window()
    private var current = Window()
    /// Up to when `current` has counted; nil while nobody waits.
    private var counted: Instant?

    /// The first request begins to wait.
    mutating func queueDidBegin(at now: Instant) { counted = now }

    /// The queue has become empty.
    mutating func queueDidEnd(at now: Instant) {
        count(to: now)
        counted = nil
    }

    /// A request that waited got a permit.
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

    /// Seconds until all requests that wait now will have permits. While none has got one yet, as long again as they
    /// have waited.
    func seconds(waiting: Int, at now: Instant) -> Int {
        let time = previous.time + current.time + (counted.map { max(.zero, now - $0) } ?? .zero)
        let served = previous.served + current.served
        let estimate = served == 0 ? time / .seconds(1) : time / .seconds(1) * Double(waiting) / Double(served)
        let seconds = min(max(estimate.rounded(.up), Double(Self.range.lowerBound)), Double(Self.range.upperBound))
        return Int(seconds)
    }
}
