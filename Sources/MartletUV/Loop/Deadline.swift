internal import CUV

/// Something that happens when its time is up, unless it is disarmed or armed again before.
///
/// A deadline stands in one `DeadlineList` at a time, and arming it is moving it to that list's tail: no system call,
/// no allocation, no timer of its own. On the loop's thread only.
package final class Deadline {
    /// Lists outlive the deadlines in them: they belong to the loop's `DeadlineClock`, and empty themselves when it goes.
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

/// Deadlines of one duration. Since all of a list wait equally long, the list is sorted by the order of arming.
package final class DeadlineList {
    /// In milliseconds; the loop's tick adds up to 250.
    package let duration: UInt64
    private unowned let clock: DeadlineClock
    fileprivate var first: Deadline?
    private unowned(unsafe) var last: Deadline?

    fileprivate init(duration: UInt64, clock: DeadlineClock) {
        self.duration = duration
        self.clock = clock
    }

    deinit {
        // One by one: a chain of strong links would be released recursively.
        while let head = first { remove(head) }
    }

    /// Sets `deadline` to expire one duration from now, whatever it was armed for before.
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

/// The one timer of a loop: every 250 ms it expires what is due in each of its lists. On the loop's thread only.
package final class DeadlineClock {
    private static let tick: UInt64 = 250

    unowned let loop: EventLoop
    private let timer: UnsafeMutablePointer<uv_timer_t>
    private var lists: [DeadlineList] = []
    private var isClosed = false

    package init(on loop: EventLoop) {
        self.loop = loop
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

    /// A list for deadlines of `duration`, counted in whole milliseconds, at least one.
    package func list(_ duration: Duration) -> DeadlineList {
        let (seconds, attoseconds) = duration.components
        let milliseconds = UInt64(max(0, seconds)) * 1000 + UInt64(max(0, attoseconds) / 1_000_000_000_000_000)
        let list = DeadlineList(duration: max(1, milliseconds), clock: self)
        lists.append(list)
        return list
    }

    private func expireDue() {
        for list in lists { list.expire(now: loop.now) }
    }

    /// Stops the timer for good; without it the loop cannot end. Calling it twice is harmless.
    package func close() {
        if isClosed { return }
        isClosed = true
        uv_close(UnsafeMutableRawPointer(timer).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_timer_t.self).deallocate()
        }
    }
}
