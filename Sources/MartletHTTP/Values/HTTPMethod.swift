/// A request method (RFC 9110 §9.1): a case-sensitive token. A method that Martlet does not know is a value too,
/// so that the router, not the parser, answers 405.
public struct HTTPMethod: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The method as it stands in the request line, for instance `POST`.
    public let rawValue: String

    /// Any method; `rawValue` is taken as it is, in the case it is written in.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The method as it stands in the request line.
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
    /// Make a tunnel (RFC 9110 §9.3.6); the parser refuses it.
    public static var connect: HTTPMethod { HTTPMethod(rawValue: "CONNECT") }
    /// Describe what the target, or with `*` the server, can do (RFC 9110 §9.3.7).
    public static var options: HTTPMethod { HTTPMethod(rawValue: "OPTIONS") }
    /// Loop the request back (RFC 9110 §9.3.8).
    public static var trace: HTTPMethod { HTTPMethod(rawValue: "TRACE") }
    /// Change the target in part (RFC 5789).
    public static var patch: HTTPMethod { HTTPMethod(rawValue: "PATCH") }
}
