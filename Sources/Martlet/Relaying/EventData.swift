internal import MartletJSON

/// The lines of one server-sent event that matter to a relayed stream.
struct EventData {
    /// The value of the only `data` line; nil if there is none, or more.
    private(set) var data: Range<Int>?
    /// Whether it is the mark that ends a stream of OpenAI's API.
    private(set) var isEndMark = false
    /// Whether its name says that it is an error.
    private(set) var isError = false

    /// - Parameter event: With its empty line, if that is there.
    init(_ event: Span<UInt8>) {
        // A byte order mark may precede the first line (WHATWG HTML §9.2.5).
        var offset = event.contains("\u{FEFF}", at: 0) ? 3 : 0
        var count = 0
        while offset < event.count {
            let end = event.firstLineEnd(from: offset)
            if event.contains("data:", at: offset) {
                let start = offset + 5
                let hasSpace = start < end && event[start] == 0x20
                count += 1
                data = start + (hasSpace ? 1 : 0)..<end
            } else if event.contains("event:", at: offset) {
                let name = offset + (event.contains("event: ", at: offset) ? 7 : 6)
                isError = end - name == 5 && event.contains("error", at: name)
            }
            offset = end + 1
        }
        if count != 1 { data = nil }
        if let data {
            var (start, end) = (data.lowerBound, data.upperBound)
            while start < end, event[start] == 0x20 { start += 1 }
            while end > start, event[end - 1] == 0x20 { end -= 1 }
            isEndMark = end - start == 6 && event.contains("[DONE]", at: start)
        }
    }
}
