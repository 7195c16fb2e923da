/// One event of a stream (WHATWG HTML §9.2.6).
public struct ServerSentEvent: Sendable, Equatable {
    /// What the `event` field said; empty where there was none.
    public var name: String
    /// The `data` fields, with a line feed between two.
    public var data: [UInt8]

    /// An event of these data.
    public init(name: String = "", data: [UInt8]) {
        self.name = name
        self.data = data
    }

    /// The data as text.
    public var text: String { String(decoding: data, as: UTF8.self) }
}

/// Reads server-sent events (WHATWG HTML §9.2.6) from bytes that come in any pieces.
///
/// CR, LF and CRLF end a line, and nothing else does: U+0085, U+2028 and U+2029 are text. Text is told per event, so
/// that a character in two pieces is whole. An event that the end of the stream cuts is told too, where the standard
/// drops it: some servers do not send the last empty line. Every byte is looked at once.
public struct ServerSentEventParser: Sendable {
    /// A line, or the data of one event, is longer than the limit.
    public struct TooLong: Error, Equatable, CustomStringConvertible {
        /// The limit that was passed, in bytes.
        public let limit: Int

        /// An error that names its limit.
        public init(limit: Int) { self.limit = limit }

        public var description: String { "A line of the event stream is longer than the limit of \(limit) bytes." }
    }

    /// What a line may hold unless said otherwise, in bytes: 1 MiB.
    public static let defaultLimit = 1024 * 1024

    private let limit: Int
    private var buffer: [UInt8] = []
    /// Where the line that is being read begins, and up to where it has been searched for its end.
    private var lineStart = 0
    private var searched = 0
    /// Whether a line feed that comes next belongs to the CR before it.
    private var skipsLineFeed = false
    private var isFirstLine = true
    private var data: [UInt8]?
    private var name = ""
    /// How many comments have come: a stream that only waits sends nothing else.
    public private(set) var commentCount = 0

    /// - Parameter limit: the most bytes of a line, and of the data of one event.
    public init(limit: Int = Self.defaultLimit) { self.limit = limit }

    /// Adds bytes behind those that came before; `next()` tells what they complete.
    public mutating func append(_ bytes: [UInt8]) {
        if lineStart > 0 {
            buffer.removeFirst(lineStart)
            searched -= lineStart
            lineStart = 0
        }
        if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
    }

    /// The next event that is complete; nil until more bytes come.
    public mutating func next() throws(TooLong) -> ServerSentEvent? {
        while let line = try nextLine() {
            if let event = try take(line) { return event }
        }
        return nil
    }

    /// What the end of the stream completes. The parser is as new afterwards.
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

    /// What a line says; an event if it ends one.
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
    /// The offset of the first CR or LF from `start` on; the count where there is none.
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
