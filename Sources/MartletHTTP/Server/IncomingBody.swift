internal import MartletUV

/// The body of the request that is being read: its bytes, their memory reservation, and their rate.
struct IncomingBody: ~Copyable {
    private let context: ConnectionContext
    private var bytes: [UInt8] = []
    private var memory: MemoryReservation
    /// When the body began, in milliseconds of the loop's clock.
    private var start: UInt64 = 0
    private var receivedCount = 0
    private var announcedCount = 0

    /// The received bytes from which on capacity is reserved for the whole announced length.
    private static let fullReserveThreshold = 1024 * 1024

    init(_ context: ConnectionContext) {
        self.context = context
        memory = MemoryReservation(of: context.memory)
    }

    /// Called when a head is complete and its body begins.
    mutating func begin() {
        start = context.loop.now
        receivedCount = 0
        announcedCount = 0
    }

    /// Prepares for an accepted body of `count` bytes.
    ///
    /// - Throws: 503 if the memory budget has no room for it.
    mutating func expect(_ count: Int) throws(RequestError) {
        announcedCount = count
        if count > MemoryBudget.free, !memory.hasRoom(for: count) { throw .outOfMemory }
        bytes.reserveCapacity(min(count, ResponseBuffer.highWater))
    }

    /// - Throws: 503 if the memory budget has no room for more.
    mutating func append(_ more: borrowing Span<UInt8>) throws(RequestError) {
        let needed = MemoryBudget.counted(bytes.count + more.count)
        if needed > memory.bytes {
            do throws(MemoryBudget.Exceeded) {
                try memory.add(needed - memory.bytes)
            } catch {
                throw .outOfMemory
            }
        }
        if bytes.count > Self.fullReserveThreshold, bytes.capacity < announcedCount {
            bytes.reserveCapacity(announcedCount)
        }
        more.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Counts received bytes towards the rate, also of a body that is discarded.
    mutating func record(_ count: Int) { receivedCount += count }

    /// Restarts the grace period after the server itself has paused reading.
    mutating func restartClock() {
        start = context.loop.now
        receivedCount = 0
    }

    /// Whether the body's rate is below the limit.
    var isTooSlow: Bool {
        let limits = context.limits
        if limits.minimumBodyRate <= 0 { return false }
        let allowed = limits.bodyGrace + .seconds(receivedCount / limits.minimumBodyRate)
        return .milliseconds(context.loop.now - start) > allowed
    }

    /// Takes the whole body and its memory reservation.
    mutating func take(into reservation: inout MemoryReservation) -> [UInt8] {
        swap(&reservation, &memory)
        memory.set(to: 0)
        defer { bytes = [] }
        return bytes
    }

    /// Frees the received bytes.
    mutating func drop() {
        bytes = []
        memory.set(to: 0)
    }
}
