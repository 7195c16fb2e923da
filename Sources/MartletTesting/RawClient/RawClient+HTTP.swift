public import Martlet

/// Requests and responses over a raw connection. Only framing and `Host` are added to a request, and a response that does
/// not parse is an error.
extension RawClient {
    /// Sends a request, with `Content-Length` if it has a body.
    public func send(
        _ method: HTTPMethod, _ target: String, fields: HTTPFields = HTTPFields(), body: String = ""
    ) throws {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        try send(text + "\r\n" + body)
    }

    /// Sends a request and reads the whole response.
    public func ask(
        _ method: HTTPMethod, _ target: String, fields: HTTPFields = HTTPFields(), body: String = ""
    ) throws -> HTTPResponse {
        // Responses to earlier requests were read as bytes or not at all.
        sent = SentRequests()
        try send(method, target, fields: fields, body: body)
        return try receiveResponse(isHead: method == .head)
    }

    /// Reads the whole response, its content without chunk framing. `isHead` must be true for a response to HEAD.
    public func receiveResponse(isHead: Bool = false) throws -> HTTPResponse {
        var response = HTTPResponse()
        response.head = try receiveHead(isHead: isHead)
        while let piece = try receiveContent() { response.body += piece }
        return response
    }

    /// Reads a response's status line and fields. The caller then reads its content with `receiveContent` or
    /// `receiveEvent`.
    public func receiveHead(isHead: Bool = false) throws -> ResponseHead {
        let bytes = try receive(through: "\r\n\r\n").dropLast(4)
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")[...]
        let status = lines.popFirst() ?? ""
        let words = status.split(separator: " ", maxSplits: 2)
        guard words.count > 1, words[0] == "HTTP/1.1", let code = Int(words[1]) else {
            throw RawClientError("\(status.debugDescription) is not a status line.")
        }
        var head = ResponseHead(HTTPStatus(code))
        for line in lines {
            let field = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
            guard field.count == 2, head.fields.append(String(field[0]), String(field[1])) else {
                throw RawClientError("\(line.debugDescription) is not a field.")
            }
        }
        content = try ResponseContent(of: head, isHead: isHead)
        observe(head)
        return head
    }

    /// The next piece of the content: a chunk, or all content without chunked coding; nil at the end.
    public func receiveContent() throws -> [UInt8]? {
        let wasOver = content.framing == .over
        let piece = try nextPiece()
        if !wasOver { observe(piece ?? []) }
        return piece
    }

    private func nextPiece() throws -> [UInt8]? {
        switch content.framing {
        case .over:
            return nil
        case .length(let count):
            content.framing = .over
            return try receive(count: count)
        case .untilEnd:
            content.framing = .over
            return try receiveToEnd()
        case .chunked:
            let size = String(decoding: try receive(through: "\r\n").dropLast(2), as: UTF8.self)
            guard let count = Int(size, radix: 16), count >= 0 else {
                throw RawClientError("\(size.debugDescription) is not a chunk size.")
            }
            let chunk = try receive(count: count + 2)
            guard chunk.suffix(2) == [13, 10] else {
                throw RawClientError("A chunk is longer than its \(count) bytes.")
            }
            if count > 0 { return Array(chunk.dropLast(2)) }
            content.framing = .over
            return nil
        }
    }

    /// The next event or comment of an event stream, with the empty line that ends it; nil at the end of the content.
    public func receiveEvent() throws -> String? {
        while true {
            if let end = content.rest.end(ofFirst: [10, 10]) {
                defer { content.rest.removeFirst(end) }
                return String(decoding: content.rest.prefix(end), as: UTF8.self)
            }
            guard let piece = try receiveContent() else {
                if content.rest.isEmpty { return nil }
                throw RawClientError("The stream ended within an event.")
            }
            content.rest += piece
        }
    }
}

/// The unread rest of a response's content, and how its end is determined (RFC 9112 §6.3).
struct ResponseContent {
    enum Framing: Equatable {
        case length(Int)
        case chunked
        case untilEnd
        case over
    }

    var framing = Framing.over
    /// Content that is not yet part of a returned event.
    var rest: [UInt8] = []

    /// A response without content.
    init() {}

    init(of head: ResponseHead, isHead: Bool) throws(RawClientError) {
        let code = head.status.code
        if isHead || code < 200 || code == 204 || code == 304 { return }
        let lengths = head.fields.values(of: "Content-Length")
        let codings = head.fields.values(of: "Transfer-Encoding")
        if lengths.count + codings.count > 1 {
            throw RawClientError("The response is framed more than once: \(lengths + codings).")
        }
        if let coding = codings.first {
            guard coding == "chunked" else { throw RawClientError("The response is \(coding), not chunked.") }
            framing = .chunked
        } else if let length = lengths.first {
            guard let count = Int(length), count >= 0 else { throw RawClientError("\(length) is not a length.") }
            framing = .length(count)
        } else {
            framing = .untilEnd
        }
    }
}
