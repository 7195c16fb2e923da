/// Parses the requests of one connection (RFC 9112) without I/O: it takes bytes in pieces of any size and returns
/// events. It is strict: a request that two parsers could interpret differently is refused, with the same status and
/// message however the input is split. A malformed byte is refused as soon as it arrives; rules that need the whole head
/// (Host, framing, Expect) are checked at its last byte.
///
/// ```
/// idle -> (one empty line) -> requestLine -> fields -> bodyStart -> length | chunked -> idle
/// any state -> failure (final)
/// ```
package struct RequestParser: Sendable {
    /// The size limits of a request.
    package struct Limits: Sendable {
        /// Of the request line and the field lines with their line ends, and separately of the trailers; above it 431.
        package var maximumHeadBytes = 32 << 10
        /// Of field lines, and separately of trailers; above it 431.
        package var maximumFields = 100
        /// Of the body without chunk framing; above it 413.
        package var maximumBodyBytes = 32 << 20
        /// Of one chunk's size and extensions; above it 400.
        package var maximumChunkLineBytes = 4 << 10

        package init() {}
    }

    package enum Event: Sendable {
        /// A head is complete. `body` events may follow, then one `end`.
        case head(RequestHead)
        /// The positions of body bytes in the input, without chunk framing; never empty.
        case body(Range<Int>)
        /// The request is complete; the next one may follow in the same input.
        case end
    }

    private enum State: Sendable {
        case idle, emptyLine, afterEmptyLine, requestLine, fields
        case bodyStart(BodyFraming)
        case length(Int)
        case chunked
    }

    /// The maximum bytes of a body. May be changed between `head` and the next call; applies to the current request and
    /// to later ones.
    package var maximumBodyBytes: Int

    /// The method of a request whose head was refused after its last byte.
    private(set) var refusedMethod: HTTPMethod?

    private let limits: Limits
    private var state = State.idle
    private var failure: RequestError?
    private var head: [UInt8] = []
    private var line = RequestLine()
    private var fields: HeaderFieldParser
    private var chunks: ChunkedBody

    package init(limits: Limits = Limits()) {
        self.limits = limits
        maximumBodyBytes = limits.maximumBodyBytes
        fields = HeaderFieldParser(maximumCount: limits.maximumFields)
        chunks = ChunkedBody(limits: limits)
    }

    /// Whether a request has begun and its `end` has not been returned. An empty line before a request does not count.
    /// After a throw, this and `isInHead` show where the error occurred.
    package var isMidRequest: Bool {
        switch state {
        case .idle, .emptyLine, .afterEmptyLine: false
        case .requestLine, .fields, .bodyStart, .length, .chunked: true
        }
    }

    /// Whether a head has begun and is not yet complete.
    package var isInHead: Bool {
        switch state {
        case .requestLine, .fields: true
        case .idle, .emptyLine, .afterEmptyLine, .bodyStart, .length, .chunked: false
        }
    }

    /// Parses from `offset`, advances it, and returns the next event; nil when all of `input` is consumed. Must be called
    /// until it returns nil, even when `offset` has reached the end: an `end` consumes no bytes.
    ///
    /// A Content-Length over `maximumBodyBytes` throws 413 in the call after its `head`, so that the caller can refuse
    /// the head for another reason first; an unknown expectation throws 417 instead of returning the head. An error is
    /// final, since the start of the next request is unknown: every later call throws the same error.
    package mutating func next(
        _ input: borrowing Span<UInt8>, _ offset: inout Int
    ) throws(RequestError) -> Event? {
        if let failure { throw failure }
        do {
            return try advance(copy input, &offset)
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func advance(_ input: Span<UInt8>, _ offset: inout Int) throws(RequestError) -> Event? {
        while true {
            switch state {
            case .requestLine, .fields:
                guard let head = try readHead(input, &offset) else { return nil }
                return .head(head)
            case .idle, .emptyLine, .afterEmptyLine:
                guard offset < input.count else { return nil }
                try startRequest(input[offset], &offset)
            case .bodyStart(let framing):
                try startBody(framing)
            case .length(0):
                state = .idle
                return .end
            case .length(let remaining):
                guard offset < input.count else { return nil }
                let start = offset
                offset += min(remaining, input.count - start)
                state = .length(remaining - (offset - start))
                return .body(start..<offset)
            case .chunked:
                return try readChunks(input, &offset)
            }
        }
    }

    /// Skips one empty line before a request (RFC 9112 §2.2).
    private mutating func startRequest(_ byte: UInt8, _ offset: inout Int) throws(RequestError) {
        switch state {
        case .idle where byte == ASCII.carriageReturn:
            state = .emptyLine
            offset += 1
        case .emptyLine:
            guard byte == ASCII.lineFeed else { throw .bareCarriageReturn }
            state = .afterEmptyLine
            offset += 1
        default:
            state = .requestLine
        }
    }

    /// Parses the lines in place, then copies the head's bytes once.
    private mutating func readHead(_ input: Span<UInt8>, _ offset: inout Int) throws(RequestError) -> RequestHead? {
        let start = offset
        let base = head.count - start
        let window = input.extracting(0..<(start + min(input.count - start, limits.maximumHeadBytes - head.count)))
        if case .requestLine = state, try line.advance(window, &offset, base: base) { state = .fields }
        var isComplete = false
        if case .fields = state { isComplete = try fields.advance(window, &offset, base: base) }
        input.extracting(start..<offset).withUnsafeBufferPointer { head.append(contentsOf: $0) }
        if isComplete { return try finishHead() }
        guard offset == input.count else {
            throw RequestError(
                .requestHeaderFieldsTooLarge,
                "The request's head takes more than \(limits.maximumHeadBytes) bytes; send less.")
        }
        return nil
    }

    private mutating func finishHead() throws(RequestError) -> RequestHead {
        let request: RequestHead
        do {
            request = try RequestHead(head, line: line, entries: fields.entries)
        } catch {
            refusedMethod = HTTPMethod(rawValue: String(decoding: head[line.method], as: UTF8.self))
            throw error
        }
        head = []
        line = RequestLine()
        fields = HeaderFieldParser(maximumCount: limits.maximumFields)
        state = .bodyStart(request.framing)
        return request
    }

    private mutating func startBody(_ framing: BodyFraming) throws(RequestError) {
        switch framing {
        case .none: state = .length(0)
        case .length(let length):
            guard length <= maximumBodyBytes else { throw .bodyTooLarge(maximumBodyBytes) }
            state = .length(length)
        case .chunked:
            chunks = ChunkedBody(limits: limits)
            state = .chunked
        }
    }

    private mutating func readChunks(_ input: Span<UInt8>, _ offset: inout Int) throws(RequestError) -> Event? {
        switch try chunks.next(input, &offset, maximumBytes: maximumBodyBytes) {
        case .data(let range): return .body(range)
        case .end:
            state = .idle
            return .end
        case nil: return nil
        }
    }
}
