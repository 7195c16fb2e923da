internal import MartletHTTP

/// Splits a stream of server-sent events into its events, as bytes: an event is handed on when it is complete, so that a
/// stream that breaks ends between two events.
struct EventFrames {
    /// No event may be larger.
    static let maximumBytes = 16 << 20

    /// An event that is not complete.
    private var pending: [UInt8] = []
    /// The offset in it from which its end is searched.
    private var searched = 0

    /// Whether nothing is left of an event that is not complete.
    var isEmpty: Bool { pending.isEmpty }

    /// Whether the event that is not complete is larger than any may be.
    var isTooLarge: Bool { pending.count > Self.maximumBytes }

    /// Calls `body` for each event that is complete now, with its bytes and the empty line after it.
    mutating func receive(_ bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        var (start, searched) = (0, self.searched)
        if pending.isEmpty {
            start = Self.split(bytes, &searched, body)
            bytes.extracting(start...).withUnsafeBufferPointer { pending.append(contentsOf: $0) }
        } else {
            bytes.withUnsafeBufferPointer { pending.append(contentsOf: $0) }
            start = Self.split(pending.span, &searched, body)
            if start == pending.count { pending.removeAll(keepingCapacity: true) } else { pending.removeFirst(start) }
        }
        self.searched = searched - start
    }

    /// Hands on what is left at the end of the stream.
    mutating func flush(_ body: (Span<UInt8>) -> Void) {
        if pending.isEmpty { return }
        let rest = pending
        (pending, searched) = ([], 0)
        body(rest.span)
    }

    /// Returns the offset after the last complete event.
    private static func split(_ bytes: Span<UInt8>, _ searched: inout Int, _ body: (Span<UInt8>) -> Void) -> Int {
        var start = 0
        while let end = nextEnd(bytes, start, &searched) {
            body(bytes.extracting(start..<end))
            (start, searched) = (end, end)
        }
        return start
    }

    /// The offset after the first empty line. A line ends with LF, CR LF or CR; a CR at the end of what has arrived may have
    /// an LF after it.
    private static func nextEnd(_ bytes: Span<UInt8>, _ start: Int, _ searched: inout Int) -> Int? {
        var index = bytes.firstLineEnd(from: searched)
        while index < bytes.count {
            let next = bytes.offset(afterLineEnd: index)
            guard next < bytes.count else { break }
            let isEmptyLine = bytes[next] == 0x0A || bytes[next] == 0x0D
            guard isEmptyLine else {
                index = bytes.firstLineEnd(from: next)
                continue
            }
            let end = bytes.offset(afterLineEnd: next)
            if bytes[next] == 0x0D, end == bytes.count, end == next + 1 { break }
            return end
        }
        // A line's end may be the first half of an event's end.
        searched = max(start, min(index, bytes.count) - 2)
        return nil
    }
}

extension Span<UInt8> {
    /// The offset, at or after `start`, of the first CR or LF; `count` without one.
    func firstLineEnd(from start: Int) -> Int {
        var index = WordScan.firstControl(in: self, from: start)
        while index < count, self[index] != 0x0A, self[index] != 0x0D {
            index = WordScan.firstControl(in: self, from: index + 1)
        }
        return index
    }

    /// The offset after the line end at an offset: LF, CR LF or CR.
    fileprivate func offset(afterLineEnd index: Int) -> Int {
        let isPair = self[index] == 0x0D && index + 1 < count && self[index + 1] == 0x0A
        return index + (isPair ? 2 : 1)
    }
}
