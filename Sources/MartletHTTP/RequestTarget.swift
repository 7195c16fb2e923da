/// Where the parts of a request target stand in the head's bytes (RFC 9112 section 3.2).
struct RequestTarget: Sendable {
    let whole: Range<Int>
    /// The path of origin-form and absolute-form; `*` for asterisk-form. Empty when absolute-form has none.
    private(set) var path: Range<Int>
    /// What follows the first `?`.
    private(set) var query: Range<Int>?
    /// What absolute-form names in the Host field's stead (section 3.2.2).
    private(set) var authority: Range<Int>?

    /// Takes the target at `whole` apart.
    ///
    /// CONNECT is 501 (RFC 9110 section 9.1): it asks for a tunnel from the server itself, so there is no resource whose
    /// `Allow` a 405 could list. 400 for a form that the method cannot have, another scheme, or a bad authority.
    init(_ whole: Range<Int>, of method: HTTPMethod, in bytes: Span<UInt8>) throws(RequestError) {
        self.whole = whole
        path = whole
        if method == .connect {
            throw RequestError(.notImplemented, "This server makes no tunnels; send the request to it directly.")
        }
        switch bytes[whole.lowerBound] {
        case ASCII.slash:
            break
        case ASCII.asterisk where whole.count == 1:
            guard method == .options else {
                throw .badRequest("The target * goes with OPTIONS only; send a path.")
            }
            return
        default:
            let start = try Self.endOfScheme(whole, in: bytes)
            let end = (start..<whole.upperBound).first { Self.endsAuthority(bytes[$0]) } ?? whole.upperBound
            guard Authority.isValid(bytes.extracting(start..<end)) else {
                throw .badRequest("The request target's authority is not a host with an optional port.")
            }
            authority = start..<end
            path = end..<whole.upperBound
        }
        if let mark = path.first(where: { bytes[$0] == ASCII.questionMark }) {
            query = (mark + 1)..<path.upperBound
            path = path.lowerBound..<mark
        }
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == ASCII.slash || byte == ASCII.questionMark
    }

    private static func endOfScheme(_ whole: Range<Int>, in bytes: Span<UInt8>) throws(RequestError) -> Int {
        let target = bytes.extracting(whole)
        for scheme in ["http://", "https://"] as [StaticString] where target.count >= scheme.utf8CodeUnitCount {
            let length = scheme.utf8CodeUnitCount
            if target.extracting(0..<length).equalsIgnoringCase(scheme) { return whole.lowerBound + length }
        }
        throw .badRequest("The request target must be a path that begins with /, or an http:// URI.")
    }
}
