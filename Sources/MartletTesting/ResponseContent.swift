internal import Martlet

/// What is left to read of a response's content, and how its end is told (RFC 9112, 6.3).
struct ResponseContent {
    enum Framing: Equatable {
        case length(Int)
        case chunked
        case untilEnd
        case over
    }

    var framing = Framing.over
    /// Content that no event has been made of yet.
    var rest: [UInt8] = []

    /// No content.
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
            guard let count = Int(length), count >= 0 else { throw RawClientError("A length of \(length) is none.") }
            framing = .length(count)
        } else {
            framing = .untilEnd
        }
    }
}
