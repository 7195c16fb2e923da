/// A request method (RFC 9110 §9.1): a case-sensitive token. Unknown methods are values too, so that the router, not the
/// parser, responds with 405.
public struct HTTPMethod: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The method as in the request line, for instance `POST`.
    public let rawValue: String

    /// Any method; `rawValue` is not normalised.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The same as `rawValue`.
    public var description: String { rawValue }

    /// Transfer a representation (RFC 9110 §9.3.1).
    public static var get: HTTPMethod { HTTPMethod(rawValue: "GET") }
    /// GET without the content (RFC 9110 §9.3.2).
    public static var head: HTTPMethod { HTTPMethod(rawValue: "HEAD") }
    /// Process the content of the request (RFC 9110 §9.3.3).
    public static var post: HTTPMethod { HTTPMethod(rawValue: "POST") }
    /// Replace the target with the content of the request (RFC 9110 §9.3.4).
    public static var put: HTTPMethod { HTTPMethod(rawValue: "PUT") }
    /// Remove the target (RFC 9110 §9.3.5).
    public static var delete: HTTPMethod { HTTPMethod(rawValue: "DELETE") }
    /// Establish a tunnel (RFC 9110 §9.3.6); the parser refuses it.
    public static var connect: HTTPMethod { HTTPMethod(rawValue: "CONNECT") }
    /// Describe the options of the target, or with `*` of the server (RFC 9110 §9.3.7).
    public static var options: HTTPMethod { HTTPMethod(rawValue: "OPTIONS") }
    /// Return the request as received (RFC 9110 §9.3.8).
    public static var trace: HTTPMethod { HTTPMethod(rawValue: "TRACE") }
    /// Modify the target in part (RFC 5789).
    public static var patch: HTTPMethod { HTTPMethod(rawValue: "PATCH") }
}
