/// How many requests are accepted. A pure value.
///
/// A principal that fills the queue must not keep the others out of it: beyond the maximum, a request is accepted as long as
/// its principal has fewer than an equal part of it, and as `extra` allows.
struct QueueBound {
    let maximum: Int
    /// The most requests beyond the maximum.
    let extra: Int

    /// Whether one more request of `principal` is accepted.
    ///
    /// - Parameters:
    ///   - count: The number of accepted requests.
    ///   - counts: How many of them each principal has; called only beyond the maximum.
    func accepts(_ principal: String?, count: Int, _ counts: () -> [String?: Int]) -> Bool {
        if count < maximum { return true }
        if count - maximum >= extra { return false }
        let counts = counts()
        let own = counts[principal] ?? 0
        return own < maximum / (counts.count + (own == 0 ? 1 : 0))
    }
}
