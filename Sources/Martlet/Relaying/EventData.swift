/// The lines of one server-sent event that matter to a relayed stream.
struct EventData {
    /// The value of the only `data` line; nil if there is none, or more.
    private(set) var data: Range<Int>?
    /// Whether it is the mark that ends a stream of OpenAI's API.
    private(set) var isEndMark = false

    /// - Parameter event: With its empty line, if that is there.
    init(_ event: Span<UInt8>) {
        var (offset, count) = (0, 0)
        // A byte order mark may precede the first line (WHATWG HTML §9.2.5).
        if event.count >= 3, event[0] == 0xEF, event[1] == 0xBB, event[2] == 0xBF { offset = 3 }
        while offset < event.count {
            var end = offset
            while end < event.count, event[end] != 0x0A, event[end] != 0x0D { end += 1 }
            if let value = Self.value(of: offset..<end, event) {
                count += 1
                data = value
            }
            offset = end + 1
        }
        if count != 1 { data = nil }
        if let data, data.count == 6 {
            isEndMark = zip(data, "[DONE]".utf8).allSatisfy { event[$0] == $1 }
        }
    }

    /// The value of a `data` line, without the space that may precede it; nil for another line.
    private static func value(of line: Range<Int>, _ event: Span<UInt8>) -> Range<Int>? {
        guard line.count >= 5, zip(line, "data:".utf8).allSatisfy({ event[$0] == $1 }) else { return nil }
        let start = line.lowerBound + 5
        let hasSpace = start < line.upperBound && event[start] == 0x20
        return start + (hasSpace ? 1 : 0)..<line.upperBound
    }
}
