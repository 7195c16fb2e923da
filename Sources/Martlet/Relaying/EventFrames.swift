/// Splits a stream of server-sent events into its events, as bytes: an event is handed on when it is complete, so that a
/// stream that breaks ends between two events.
struct EventFrames {
    /// No event may be larger.
    static let maximumBytes = 16 << 20

    private var pending: [UInt8] = []
    /// The offset in `pending` of the first event that was not handed on.
    private var start = 0
    /// The offset from which its end is searched.
    private var searched = 0

    /// Whether nothing is left of an event that is not complete.
    var isEmpty: Bool { pending.isEmpty }

    /// Whether the event that is not complete is larger than any may be.
    var isTooLarge: Bool { pending.count > Self.maximumBytes }

    /// Calls `body` for each event that is complete now, with its bytes and the empty line after it.
    mutating func receive(_ bytes: some Collection<UInt8>, _ body: ([UInt8]) -> Void) {
        pending.append(contentsOf: bytes)
        while let end = nextEnd() {
            body(Array(pending[start..<end]))
            (start, searched) = (end, end)
        }
        if start == pending.count {
            pending.removeAll(keepingCapacity: true)
        } else {
            pending.removeFirst(start)
        }
        (start, searched) = (0, searched - start)
    }

    /// Hands on what is left at the end of the stream.
    mutating func flush(_ body: ([UInt8]) -> Void) {
        if pending.isEmpty { return }
        let rest = pending
        (pending, searched) = ([], 0)
        body(rest)
    }

    /// The offset after the first empty line. A line ends with LF, CR LF or CR; a CR at the end of what has arrived may have
    /// an LF after it.
    private mutating func nextEnd() -> Int? {
        var index = searched
        while index < pending.count {
            guard pending[index] == 0x0A || pending[index] == 0x0D else {
                index += 1
                continue
            }
            let next = lineEnd(at: index)
            guard next < pending.count else { break }
            if pending[next] == 0x0A || pending[next] == 0x0D {
                let end = lineEnd(at: next)
                if pending[next] == 0x0D, end == pending.count, end == next + 1 { break }
                return end
            }
            index = next
        }
        // A line's end may be the first half of an event's end.
        searched = max(start, min(index, pending.count) - 2)
        return nil
    }

    private func lineEnd(at index: Int) -> Int {
        let isPair = pending[index] == 0x0D && index + 1 < pending.count && pending[index + 1] == 0x0A
        return index + (isPair ? 2 : 1)
    }
}
