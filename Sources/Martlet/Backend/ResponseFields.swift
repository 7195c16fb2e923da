internal import Logging
internal import MartletHTTP

/// Fields that are added to the response of a request, until its head has been sent.
public struct ResponseFields: Sendable {
    /// The connection writes these itself: with a second one, readers could disagree.
    private static let reserved: Set = [
        "content-length", "transfer-encoding", "connection", "date", "x-request-id", "content-type",
    ]

    private let response: ResponseBuffer?

    init(of response: ResponseBuffer? = nil) { self.response = response }

    /// Adds a field, whether or not the response has one of that name. Control bytes in the value become spaces.
    ///
    /// - Returns: False, without an effect, if the head has been sent already, for a name that is not a token (RFC 9110
    ///   §5.6.2), and for the fields that the server determines, such as `Content-Length`.
    @discardableResult
    public func append(_ name: String, _ value: String) -> Bool {
        guard let response, !Self.reserved.contains(name.lowercased()) else { return false }
        return response.appendField(name, value)
    }
}
