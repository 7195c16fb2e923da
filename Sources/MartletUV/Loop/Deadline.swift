internal import CUV

/// Calls back when its time is up, unless it is disarmed or re-armed before.
///
/// A deadline is in at most one `DeadlineList`, and arming it moves it to that list's tail: no system call, no
/// allocation, no timer handle. On the loop's thread only.
package final class Deadline {
    /// A list outlives its deadlines: it belongs to the loop's `DeadlineClock`, and empties itself when it is freed.
    fileprivate unowned(unsafe) var list: DeadlineList?
    fileprivate unowned(unsafe) var previous: Deadline?
    fileprivate var next: Deadline?
    fileprivate var expiry: UInt64 = 0
    private let onExpiry: () -> Void

    package init(onExpiry: @escaping () -> Void) { self.onExpiry = onExpiry }

    package func disarm() { list?.remove(self) }

    package func isArmed(in list: DeadlineList) -> Bool { self.list === list }

    fileprivate func expire() {
        disarm()
        onExpiry()
    }
}

/// Deadlines of one duration. The order of arming is the order of expiry.
package final class DeadlineList {
    /// In milliseconds; the clock's tick adds up to 250.
    package let duration: UInt64
    private unowned let clock: DeadlineClock
    fileprivate var first: Deadline?
    private unowned(unsafe) var last: Deadline?

    fileprivate init(duration: UInt64, clock: DeadlineClock) {
        self.duration = duration
        self.clock = clock
    }

    deinit {
        // Releasing a chain of strong references in one go would recurse.
        while let head = first { remove(head) }
    }

    /// Sets `deadline` to expire one duration from now; an earlier arming is replaced.
    package func arm(_ deadline: Deadline) {
        deadline.list?.remove(deadline)
        deadline.expiry = clock.loop.now + duration
        deadline.list = self
        deadline.previous = last
        if let last { last.next = deadline } else { first = deadline }
        last = deadline
    }

    fileprivate func remove(_ deadline: Deadline) {
        let next = deadline.next
        if let previous = deadline.previous { previous.next = next } else { first = next }
        if let next { next.previous = deadline.previous } else { last = deadline.previous }
        deadline.next = nil
        deadline.previous = nil
        deadline.list = nil
    }

    fileprivate func expire(now: UInt64) {
        while let head = first, head.expiry <= now { head.expire() }
    }
}

/// One timer for all deadlines of a loop: every 250 ms it expires the due deadlines of its lists. On the loop's thread
/// only.
package final class DeadlineClock {
    private static let tick: UInt64 = 250

    unowned let loop: EventLoop
    private let timer: UnsafeMutablePointer<uv_timer_t>
    private var lists: [DeadlineList] = []
    private var isClosed = false
    /// Nil if nobody measures.
    private let lateness: AtomicHistogram?
    /// When the timer should fire next.
    private var nextTick: UInt64

    /// - Parameter lateness: Counts by how many milliseconds each tick is late, which is how long the loop was busy.
    package init(on loop: EventLoop, lateness: AtomicHistogram? = nil) {
        self.loop = loop
        self.lateness = lateness
        nextTick = loop.now + Self.tick
        timer = .allocate(capacity: 1)
        uv_timer_init(loop.uvLoop, timer)
        timer.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        uv_timer_start(
            timer,
            { handle in
                let clock = Unmanaged<DeadlineClock>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                clock.expireDue()
            }, Self.tick, Self.tick)
    }

    /// A new list for deadlines of `duration`, rounded down to whole milliseconds, at least one.
    package func list(_ duration: Duration) -> DeadlineList {
        let (seconds, attoseconds) = duration.components
        let milliseconds = UInt64(max(0, seconds)) * 1000 + UInt64(max(0, attoseconds) / 1_000_000_000_000_000)
        let list = DeadlineList(duration: max(1, milliseconds), clock: self)
        lists.append(list)
        return list
    }

    private func expireDue() {
        if let lateness { lateness.record(loop.now > nextTick ? Int(loop.now - nextTick) : 0) }
        nextTick = loop.now + Self.tick
        for list in lists { list.expire(now: loop.now) }
    }

    /// Closes the timer, which the loop needs in order to end. Idempotent.
    package func close() {
        if isClosed { return }
        isClosed = true
        uv_close(UnsafeMutableRawPointer(timer).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_timer_t.self).deallocate()
        }
    }
}
