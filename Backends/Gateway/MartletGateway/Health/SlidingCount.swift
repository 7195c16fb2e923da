/// A count over a sliding window, in ten parts: an event counts for at least nine tenths of the window and at most all of
/// it. A pure value: no clock.
struct SlidingCount: Sendable {
    typealias Instant = ContinuousClock.Instant

    private static let partCount = 10

    private let part: Duration
    /// The count of the part numbered `n` is at `n` modulo their number.
    private var counts = [Int](repeating: 0, count: partCount)
    /// The number of the part of the last event, counted from `origin`.
    private var last = 0
    private var origin: Instant?

    /// - Parameter window: a nanosecond for each part at least.
    init(window: Duration) { part = max(window, .nanoseconds(Self.partCount)) / Self.partCount }

    mutating func add(at now: Instant) {
        origin = origin ?? now
        let number = max(last, number(at: now))
        for passed in stride(from: last + 1, through: min(number, last + Self.partCount), by: 1) {
            counts[passed % Self.partCount] = 0
        }
        // Beyond a whole window everything is zero already.
        last = number
        counts[number % Self.partCount] += 1
    }

    /// The events in the window that ends now.
    func total(at now: Instant) -> Int {
        let first = max(0, max(last, number(at: now)) - Self.partCount + 1)
        return first > last ? 0 : (first...last).reduce(0) { $0 + counts[$1 % Self.partCount] }
    }

    mutating func reset() { self = SlidingCount(window: part * Self.partCount) }

    private func number(at now: Instant) -> Int {
        guard let origin, now > origin else { return 0 }
        return Int(clamping: (now - origin).attoseconds / part.attoseconds)
    }
}
