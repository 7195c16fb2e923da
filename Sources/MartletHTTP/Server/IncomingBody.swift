internal import MartletUV

/// The content of the request that is being read: its bytes, what they take of the memory budget, and how fast they
/// come.
struct IncomingBody: ~Copyable {
    private let context: ConnectionContext
    private var bytes: [UInt8] = []
    private var memory: MemoryReservation
    /// By the loop's clock, in milliseconds.
    private var start: UInt64 = 0
    private var receivedCount = 0
    private var announcedCount = 0

    /// Bytes from which on memory is made for all that was announced, not only for what came: the client means it.
    private static let earnestBytes = 1024 * 1024

    init(_ context: ConnectionContext) {
        self.context = context
        memory = MemoryReservation(of: context.memory)
    }

    /// A head is complete; its body comes now.
    mutating func begin() {
        start = context.loop.now
        receivedCount = 0
        announcedCount = 0
    }

    /// The body is wanted, and has so many bytes.
    ///
    /// - Throws: 503 where the memory budget has no room for it.
    mutating func expect(_ count: Int) throws(RequestError) {
        announcedCount = count
        if count > MemoryBudget.free, !memory.hasRoom(for: count) { throw Self.outOfMemory }
        bytes.reserveCapacity(min(count, ResponseStream.highWater))
    }

    /// - Throws: 503 where the memory budget has no room for more.
    mutating func append(_ more: borrowing Span<UInt8>) throws(RequestError) {
        let needed = MemoryBudget.counted(bytes.count + more.count)
        if needed > memory.bytes {
            do throws(MemoryBudget.Exceeded) {
                try memory.add(needed - memory.bytes)
            } catch {
                throw Self.outOfMemory
            }
        }
        if bytes.count > Self.earnestBytes, bytes.capacity < announcedCount { bytes.reserveCapacity(announcedCount) }
        more.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// So many bytes of the body came, whether they are wanted or not.
    mutating func record(_ count: Int) { receivedCount += count }

    /// The server itself has paused reading: the client gets its grace anew.
    mutating func restartClock() {
        start = context.loop.now
        receivedCount = 0
    }

    /// Whether the body comes slower than the limits allow.
    var isTooSlow: Bool {
        let limits = context.limits
        if limits.minimumBodyRate <= 0 { return false }
        let allowed = limits.bodyGrace + .seconds(receivedCount / limits.minimumBodyRate)
        return .milliseconds(context.loop.now - start) > allowed
    }

    /// The whole body, with what it takes of the budget.
    mutating func take(into reservation: inout MemoryReservation) -> [UInt8] {
        swap(&reservation, &memory)
        memory.set(to: 0)
        defer { bytes = [] }
        return bytes
    }

    /// Lets go of what came.
    mutating func drop() {
        bytes = []
        memory.set(to: 0)
    }

    private static var outOfMemory: RequestError {
        RequestError(
            .serviceUnavailable, "The server's memory for requests is used up at the moment; try again a little later.")
    }
}
