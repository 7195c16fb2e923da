/// Parses server-sent events (WHATWG HTML §9.2.6) from bytes that arrive in pieces of any size.
///
/// Only CR, LF and CRLF end a line: U+0085, U+2028 and U+2029 are text. Data is decoded per event, so characters that
/// are split between pieces stay intact. An event that the end of the stream cuts off is reported too, although the
/// standard drops it: some servers do not send the last empty line. Every byte is examined once.
public struct ServerSentEventParser: Sendable {
    /// A line, or the data of one event, is longer than the limit.
    public struct TooLong: Error, Equatable, CustomStringConvertible {
        /// The limit that was exceeded, in bytes.
        public let limit: Int

        /// An error for a line or event longer than `limit` bytes.
        public init(limit: Int) { self.limit = limit }

        public var description: String { "A line of the event stream is longer than the limit of \(limit) bytes." }
    }

    /// The default limit of a line, in bytes: 1 MiB.
    public static let defaultLimit = 1024 * 1024

    private let limit: Int
    private var buffer: [UInt8] = []
    /// The start of the current line, and the offset up to which its end has been searched.
    private var lineStart = 0
    private var searched = 0
    /// Whether the previous line ended with CR: a line feed that follows belongs to it.
    private var skipsLineFeed = false
    private var isFirstLine = true
    private var data: [UInt8]?
    private var name = ""
    /// The number of comments so far: an idle stream sends only these.
    public private(set) var commentCount = 0

    /// - Parameter limit: The maximum bytes of a line, and of the data of one event.
    public init(limit: Int = Self.defaultLimit) { self.limit = limit }

    /// Appends received bytes; `next()` returns the events that they complete.
    public mutating func append(_ bytes: [UInt8]) {
        if lineStart > 0 {
            buffer.removeFirst(lineStart)
            searched -= lineStart
            lineStart = 0
        }
        if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
    }

    /// The next complete event; nil until more bytes are appended.
    public mutating func next() throws(TooLong) -> ServerSentEvent? {
        while let line = try nextLine() {
            if let event = try take(line) { return event }
        }
        return nil
    }

    /// The event that the end of the stream completes, if any. Resets the parser.
    public mutating func finish() throws(TooLong) -> ServerSentEvent? {
        let rest = lineStart..<buffer.count
        var event = rest.isEmpty ? nil : try take(rest)
        if event == nil { event = dispatch() }
        self = ServerSentEventParser(limit: limit)
        return event
    }

    private mutating func nextLine() throws(TooLong) -> Range<Int>? {
        if skipsLineFeed, lineStart < buffer.count {
            skipsLineFeed = false
            if buffer[lineStart] == ASCII.lineFeed {
                lineStart += 1
                searched = lineStart
            }
        }
        let found = buffer.span.firstLineEnd(from: searched)
        guard found < buffer.count else {
            searched = found
            if found - lineStart > limit { throw TooLong(limit: limit) }
            return nil
        }
        let line = lineStart..<found
        skipsLineFeed = buffer[found] == ASCII.carriageReturn
        lineStart = found + 1
        searched = lineStart
        if line.count > limit { throw TooLong(limit: limit) }
        return line
    }

    /// Processes a line; returns an event if the line ends one.
    private mutating func take(_ range: Range<Int>) throws(TooLong) -> ServerSentEvent? {
        var line = buffer[range]
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        }
        guard let first = line.first else { return dispatch() }
        if first == ASCII.colon {
            commentCount += 1
            return nil
        }
        let end = line.firstIndex(of: ASCII.colon) ?? line.endIndex
        var value = line[min(end + 1, line.endIndex)...]
        if value.first == ASCII.space { value = value.dropFirst() }
        if line[..<end].elementsEqual("data".utf8) {
            try add(value)
        } else if line[..<end].elementsEqual("event".utf8) {
            name = String(decoding: value, as: UTF8.self)
        }
        return nil
    }

    private mutating func add(_ value: ArraySlice<UInt8>) throws(TooLong) {
        guard data != nil else {
            data = Array(value)
            return
        }
        data?.append(ASCII.lineFeed)
        data?.append(contentsOf: value)
        if let count = data?.count, count > limit { throw TooLong(limit: limit) }
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            data = nil
            name = ""
        }
        return data.map { ServerSentEvent(name: name, data: $0) }
    }
}

extension Span<UInt8> {
    /// The offset of the first CR or LF at or after `start`; `count` if there is none.
    fileprivate func firstLineEnd(from start: Int) -> Int {
        var index = start
        while index < count {
            let byte = self[index]
            if byte == ASCII.lineFeed || byte == ASCII.carriageReturn { return index }
            index += 1
        }
        return count
    }
}
