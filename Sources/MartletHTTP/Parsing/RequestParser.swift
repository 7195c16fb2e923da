/// Takes the requests of one connection apart (RFC 9112), with no socket and no clock: feed it bytes in whatever pieces
/// they come, take events. It is strict: a request that two parsers could read differently is refused, with the same
/// status and message however the input was split, and a malformed byte as soon as it is seen. What only the whole head
/// tells (Host, framing, Expect) is judged at the head's last byte.
///
/// ```
/// idle -> (one empty line) -> requestLine -> fields -> bodyStart -> length | chunked -> idle
/// any state -> failure, for good
/// ```
package struct RequestParser: Sendable {
    /// How much of each thing a request may have.
    package struct Limits: Sendable {
        /// Of the request line and the field lines with their line ends, and of the trailers for themselves; past it 431.
        package var maximumHeadBytes = 32 << 10
        /// Of field lines, and of trailers for themselves; past it 431.
        package var maximumFields = 100
        /// Of the body without its chunk framing; past it 413.
        package var maximumBodyBytes = 32 << 20
        /// Of one chunk's size and extensions; past it 400.
        package var maximumChunkLineBytes = 4 << 10

        package init() {}
    }

    package enum Event: Sendable {
        /// A head is complete. An `end` always comes later, after any `body`.
        case head(RequestHead)
        /// These positions of the input hold body bytes, without chunk framing; never empty.
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

    /// What a body may have at most. May be changed between `head` and the next call, for the request at hand and those
    /// after it.
    package var maximumBodyBytes: Int

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

    /// Whether a request has begun, and its `end` has not been taken. An empty line before a request is not yet one.
    /// After a throw this and `isInHead` say where it happened.
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

    /// Reads on from `offset`, which it moves, and returns what comes next; nil when all of `input` is used up. Call it
    /// until it says nil, also when `offset` has reached the end: an `end` takes no bytes.
    ///
    /// A Content-Length over `maximumBodyBytes` throws 413 in the call after its `head`, so that the caller may answer
    /// the head with another refusal first; an unknown expectation throws 417 in the head's stead. After a throw the
    /// parser is dead: nothing tells where the next request would begin, and every call throws the same error.
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

    /// RFC 9112 §2.2: one empty line before a request is passed over.
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

    /// Copies the head's bytes once, after its lines were read in place.
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
        let request = try RequestHead(head, line: line, entries: fields.entries)
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
