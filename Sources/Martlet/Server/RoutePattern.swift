internal import MartletHTTP

/// A request's path in the form that routes compare: without repeated or trailing slashes, which clients produce when
/// they join base URLs and paths.
struct RoutePath {
    let text: String

    init(_ path: String) {
        if Self.isPlain(path) {
            text = path
        } else {
            text = "/" + path.split(separator: "/", omittingEmptySubsequences: true).joined(separator: "/")
        }
    }

    /// Whether the path is in that form already. Works on bytes, since it runs for every request.
    private static func isPlain(_ path: String) -> Bool {
        var previous = UInt8(ascii: " ")
        for byte in path.utf8 {
            if byte == UInt8(ascii: "/") && previous == byte { return false }
            previous = byte
        }
        return previous != UInt8(ascii: "/") || path.utf8.count == 1
    }

    func rest(after prefix: String) -> Substring { text.dropFirst(prefix.count) }
}

/// The path of an application's route, such as `/api/items/{id}`, where `{id}` matches one segment.
struct RoutePattern: Sendable {
    private enum Segment: Sendable {
        case literal(Substring)
        case parameter(String)
    }

    /// The pattern, with slashes as in `RoutePath`.
    let text: String
    /// Whether the pattern has no parameters.
    let isLiteral: Bool
    private let segments: [Segment]

    /// - Throws: `ServerError` for an impossible path and for malformed parameters.
    init(_ path: String) throws(ServerError) {
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !path.contains(where: { $0 == "?" || $0 == "#" })
        else {
            throw ServerError(
                "the route \(path.debugDescription) must be a path that begins with /, percent-encoded and without a query"
            )
        }
        text = RoutePath(path).text
        var names: Set<String> = []
        var segments: [Segment] = []
        for segment in text.split(separator: "/") {
            guard segment.contains(where: { $0 == "{" || $0 == "}" }) else {
                segments.append(.literal(segment))
                continue
            }
            let name = String(segment.dropFirst().dropLast())
            guard segment.hasPrefix("{"), segment.hasSuffix("}"), !name.isEmpty,
                !name.contains(where: { $0 == "{" || $0 == "}" })
            else {
                throw ServerError("the route \(path) must have each parameter as a whole segment, as in /items/{id}")
            }
            guard names.insert(name).inserted else {
                throw ServerError("the route \(path) has two parameters with the name \(name): give each its own")
            }
            segments.append(.parameter(name))
        }
        self.segments = segments
        isLiteral = names.isEmpty
    }

    /// The percent-decoded values of the parameters if the segments of a path match; otherwise nil.
    func match(_ path: [Substring]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, part) in zip(segments, path) {
            switch segment {
            case .literal(let literal): if literal != part { return nil }
            case .parameter(let name): parameters[name] = PercentEncoding.decoded(part)
            }
        }
        return parameters
    }

    /// Nil for each parameter. Equal shapes match the same paths.
    var shape: [String?] { segments.map { if case .literal(let literal) = $0 { String(literal) } else { nil } } }

    /// Whether this pattern takes precedence over `other` where both match: the one with the earlier literal segment
    /// does.
    func precedes(_ other: RoutePattern) -> Bool {
        guard segments.count == other.segments.count else { return false }
        for (one, another) in zip(shape, other.shape) where (one == nil) != (another == nil) { return one != nil }
        return false
    }
}
