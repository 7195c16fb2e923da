/// The fields that decide where a request ends and whether its connection persists: Host, Content-Length,
/// Transfer-Encoding, Connection and Expect (RFC 9112 §3.2, §6, §9.3; RFC 9110 §10.1.1); and whether a web page made the
/// request (Origin, RFC 6454 §7; Sec-Fetch-Site, W3C Fetch Metadata).
///
/// Input that two parsers could interpret differently is refused even where the RFC allows it: a second Content-Length
/// with the same value, and leading zeros, which some parsers read as octal.
struct MessageFraming: Sendable {
    private(set) var host: Range<Int>?
    private var contentLength: Int?
    private var isChunked = false
    private var asksToClose = false
    private var asksToKeepAlive = false
    private var asksToContinue = false
    private(set) var comesFromWebPage = false

    /// Evaluates one field; other fields are ignored.
    mutating func read(_ entry: HTTPFields.Entry, in bytes: Span<UInt8>) throws(RequestError) {
        let name = bytes.extracting(entry.name)
        switch name.count {
        case 4 where name.equalsIgnoringCase("host"): try readHost(entry.value, in: bytes)
        case 6 where name.equalsIgnoringCase("expect"): try readExpect(bytes.extracting(entry.value))
        case 6 where name.equalsIgnoringCase("origin"): comesFromWebPage = true
        case 10 where name.equalsIgnoringCase("connection"): readConnection(bytes.extracting(entry.value))
        case 14 where name.equalsIgnoringCase("content-length"):
            try readContentLength(bytes.extracting(entry.value))
        case 14 where name.equalsIgnoringCase("sec-fetch-site"): comesFromWebPage = true
        case 17 where name.equalsIgnoringCase("transfer-encoding"):
            try readTransferEncoding(bytes.extracting(entry.value))
        default: break
        }
    }

    /// The body's framing, after all fields have been read.
    func framing(minorVersion: Int) throws(RequestError) -> BodyFraming {
        if host == nil, minorVersion == 1 {
            throw .badRequest("An HTTP/1.1 request must have a Host field; send one with this server's name.")
        }
        guard isChunked else { return contentLength.map(BodyFraming.length) ?? .none }
        guard minorVersion == 1 else {
            throw .badRequest("HTTP/1.0 has no Transfer-Encoding; send Content-Length, or HTTP/1.1.")
        }
        guard contentLength == nil else {
            throw .badRequest("Content-Length and Transfer-Encoding exclude each other; send one of them.")
        }
        return .chunked
    }

    /// Connections persist by default in HTTP/1.1, and only on request in HTTP/1.0.
    func keepsAlive(minorVersion: Int) -> Bool {
        !asksToClose && (minorVersion == 1 || asksToKeepAlive)
    }

    /// The expectation is ignored in HTTP/1.0, which has no interim responses, and for a request without a body.
    func expectsContinue(minorVersion: Int, framing: BodyFraming) -> Bool {
        asksToContinue && minorVersion == 1 && framing != .none && framing != .length(0)
    }

    private mutating func readHost(_ value: Range<Int>, in bytes: Span<UInt8>) throws(RequestError) {
        guard host == nil else {
            throw .badRequest("There is more than one Host field; send one.")
        }
        guard Authority.isValid(bytes.extracting(value)) else {
            throw .badRequest("The Host field's value must be a host with an optional port.")
        }
        host = value
    }

    private mutating func readContentLength(_ value: Span<UInt8>) throws(RequestError) {
        guard contentLength == nil else {
            throw .badRequest("There is more than one Content-Length field; send one.")
        }
        var length = 0
        for index in 0..<value.count {
            guard ASCII.isDigit(value[index]) else { throw Self.badContentLength }
            let (product, isTooLarge) = length.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeBySum) = product.addingReportingOverflow(Int(value[index] - ASCII.zero))
            guard !isTooLarge, !isTooLargeBySum else { throw Self.badContentLength }
            length = sum
        }
        guard value.count == 1 || (value.count > 1 && value[0] != ASCII.zero) else { throw Self.badContentLength }
        contentLength = length
    }

    /// An unknown coding is a 501 (RFC 9112 §6.1); anything else than a single `chunked` is a 400 (RFC 9112 §6.3).
    private mutating func readTransferEncoding(_ value: Span<UInt8>) throws(RequestError) {
        var start = 0
        while let member = value.nextListMember(from: &start) {
            let coding = value.extracting(member)
            if !isChunked, isUnknownCoding(coding) {
                throw RequestError(.notImplemented, "The one transfer coding supported is chunked; send that, or none.")
            }
            guard !isChunked, coding.equalsIgnoringCase("chunked") else { throw Self.badTransferEncoding }
            isChunked = true
        }
        guard value.equalsIgnoringCase("chunked") else { throw Self.badTransferEncoding }
    }

    /// Whether a list member is well-formed and names another coding than chunked.
    private func isUnknownCoding(_ coding: Span<UInt8>) -> Bool {
        let end = ByteSet.token.end(in: coding, from: 0)
        guard end > 0, end == coding.count || coding[end] == UInt8(ascii: ";") || ASCII.isWhitespace(coding[end]) else {
            return false
        }
        return !coding.extracting(0..<end).equalsIgnoringCase("chunked")
    }

    private mutating func readConnection(_ value: Span<UInt8>) {
        var start = 0
        while let option = value.nextListMember(from: &start) {
            let option = value.extracting(option)
            if option.equalsIgnoringCase("close") { asksToClose = true }
            if option.equalsIgnoringCase("keep-alive") { asksToKeepAlive = true }
        }
    }

    private mutating func readExpect(_ value: Span<UInt8>) throws(RequestError) {
        var start = 0
        while let expectation = value.nextListMember(from: &start) {
            guard value.extracting(expectation).equalsIgnoringCase("100-continue") else {
                throw RequestError(.expectationFailed, "The only expectation known is 100-continue; leave Expect out.")
            }
            asksToContinue = true
        }
    }

    private static var badTransferEncoding: RequestError {
        .badRequest("The only Transfer-Encoding understood is one that says chunked; send that.")
    }

    private static var badContentLength: RequestError {
        .badRequest("Content-Length must be one decimal number below 2^63, without sign or leading zeros.")
    }
}

/// How a request frames its body (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Equatable {
    /// Neither Content-Length nor Transfer-Encoding: no body.
    case none
    /// Content-Length, in bytes.
    case length(Int)
    /// Transfer-Encoding: chunked.
    case chunked

    /// Whether a non-empty body of at most `maximumBytes` may follow, judging by the head.
    func mayHaveBody(upTo maximumBytes: Int) -> Bool {
        switch self {
        case .none: false
        case .length(let count): count > 0 && count <= maximumBytes
        case .chunked: true
        }
    }

    /// Whether the body is short enough to be read and discarded so that the connection can be reused.
    var isShort: Bool {
        switch self {
        case .none: true
        case .length(let count): count <= ResponseBuffer.highWater
        case .chunked: false
        }
    }
}
