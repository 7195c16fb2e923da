internal import MartletUV

/// Replies that clients may retrieve later, by id. Each stays for a time, unless others that were used later need its
/// memory. Safe to use from any thread.
final class ReplyStore: Sendable {
    fileprivate struct Entry {
        let reply: StoredReply
        /// As measured when it was inserted or settled.
        var size: Int
        let expiry: ContinuousClock.Instant
        var lastUse: UInt64
    }

    fileprivate struct State {
        var entries: [String: Entry] = [:]
        var size = 0
        var useCount: UInt64 = 0
        /// The uses in order; only the last one of an entry counts.
        var uses: [(id: String, use: UInt64)] = []
        var firstUse = 0
    }

    /// In bytes.
    let capacity: Int
    private let lifetime: Duration
    private let state = Locked(State())

    init(capacity: Int, lifetime: Duration) { (self.capacity, self.lifetime) = (capacity, lifetime) }

    /// The approximate memory of all replies, in bytes.
    var size: Int { state.withLock { $0.size } }

    var count: Int { state.withLock { $0.entries.count } }

    /// Keeps a reply. Returns false if it alone needs more than the capacity.
    @discardableResult
    func insert(_ reply: StoredReply, at time: ContinuousClock.Instant = .now) -> Bool {
        let size = reply.size
        guard size <= capacity else { return false }
        state.withLock { state in
            state.remove(reply.id)
            state.entries[reply.id] = Entry(reply: reply, size: size, expiry: time + lifetime, lastUse: 0)
            state.size += size
            state.use(reply.id)
            state.makeRoom(in: capacity, at: time)
        }
        return true
    }

    /// Measures a reply again that has grown.
    func settle(_ reply: StoredReply, at time: ContinuousClock.Instant = .now) {
        let size = reply.size
        state.withLock { state in
            guard let entry = state.entries[reply.id], entry.reply === reply else { return }
            state.size += size - entry.size
            state.entries[reply.id]?.size = size
            state.makeRoom(in: capacity, at: time)
        }
    }

    /// The reply of that id, if it is one of `owner`; nil if there is none any more.
    func reply(_ id: String, of owner: String?, at time: ContinuousClock.Instant = .now) -> StoredReply? {
        state.withLock { state in
            guard let entry = state.entries[id], entry.reply.owner == owner else { return nil }
            if entry.expiry <= time && !entry.reply.isRunning {
                state.remove(id)
                return nil
            }
            state.use(id)
            return entry.reply
        }
    }

    func remove(_ reply: StoredReply) {
        state.withLock { state in if state.entries[reply.id]?.reply === reply { state.remove(reply.id) } }
    }

    /// Ends the generations in the background with an error, because the server stops.
    func interrupt() {
        for reply in state.withLock({ $0.entries.values.map(\.reply) }) { reply.interrupt() }
    }
}

extension ReplyStore.State {
    mutating func use(_ id: String) {
        useCount += 1
        entries[id]?.lastUse = useCount
        uses.append((id, useCount))
        // Amortized over as many uses.
        if uses.count > 2 * entries.count + 64 {
            uses = uses[firstUse...].filter { entries[$0.id]?.lastUse == $0.use }
            firstUse = 0
        }
    }

    mutating func remove(_ id: String) {
        if let entry = entries.removeValue(forKey: id) { size -= entry.size }
    }

    /// Removes the replies that were used first, until the others fit. Those that are being generated stay.
    mutating func makeRoom(in capacity: Int, at time: ContinuousClock.Instant) {
        var remaining = uses.count - firstUse
        while firstUse < uses.count, remaining > 0 {
            let (id, use) = uses[firstUse]
            let entry = entries[id]
            let isLast = entry?.lastUse == use
            let isExpired = entry.map { $0.expiry <= time } ?? false
            if isLast && !isExpired && size <= capacity { return }
            firstUse += 1
            remaining -= 1
            guard isLast, let entry else { continue }
            if entry.reply.isRunning { self.use(id) } else { remove(id) }
        }
    }
}
