/// How a request says where its body ends (RFC 9112 section 6.3).
package enum BodyFraming: Sendable, Equatable {
    /// Neither Content-Length nor Transfer-Encoding: there is no body.
    case none
    /// Content-Length, in bytes.
    case length(Int)
    /// Transfer-Encoding: chunked.
    case chunked

    /// Whether a body may come that has no more than `maximumBytes`, as far as the head says.
    func mayHaveBody(upTo maximumBytes: Int) -> Bool {
        switch self {
        case .none: false
        case .length(let count): count > 0 && count <= maximumBytes
        case .chunked: true
        }
    }

    /// Whether the body is worth reading only so that the connection can go on.
    var isShort: Bool {
        switch self {
        case .none: true
        case .length(let count): count <= ResponseStream.highWater
        case .chunked: false
        }
    }
}
