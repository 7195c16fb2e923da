/// The weight of an upstream that has just become available: it rises linearly to 1, so that caches fill and an upstream
/// that is not well gets few requests.
struct SlowStart: Sendable, Hashable {
    /// How long it takes to reach the whole weight.
    var duration = Duration.seconds(10)
    /// Where it begins.
    var initialWeight = 0.1

    func weight(after elapsed: Duration) -> Double {
        guard duration > elapsed, duration > .zero else { return 1 }
        return initialWeight + (1 - initialWeight) * max(0, elapsed / duration)
    }
}
