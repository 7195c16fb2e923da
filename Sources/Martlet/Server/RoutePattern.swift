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

/// The path of an application's route, such as `/api/items/{id}`, where `{id}` matches one segment. `{rest...}` as the last
/// segment matches one or more.
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
    /// Whether the last segment matches several.
    private let isOpenEnded: Bool

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
        isOpenEnded = text.hasSuffix("...}")
        self.segments = segments
        isLiteral = names.isEmpty
    }

    /// The percent-decoded values of the parameters if the segments of a path match; otherwise nil.
    func match(_ path: [Substring]) -> [String: String]? {
        guard isOpenEnded ? path.count >= segments.count : path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            switch segment {
            case .literal(let literal): if literal != path[index] { return nil }
            case .parameter(let name) where isOpenEnded && index == segments.count - 1:
                parameters[String(name.dropLast(3))] = PercentEncoding.decoded(path[index...].joined(separator: "/"))
            case .parameter(let name): parameters[name] = PercentEncoding.decoded(path[index])
            }
        }
        return parameters
    }

    /// Nil for each parameter. Equal shapes match the same paths.
    var shape: [String?] {
        segments.map { if case .literal(let literal) = $0 { String(literal) } else { nil } }
            + (isOpenEnded ? ["..."] : [])
    }

    /// Whether this pattern takes precedence over `other` where both match: the one with the earlier literal segment
    /// does. An open-ended one comes after all others, and before shorter ones of its kind.
    func precedes(_ other: RoutePattern) -> Bool {
        if isOpenEnded != other.isOpenEnded { return other.isOpenEnded }
        if isOpenEnded, segments.count != other.segments.count { return segments.count > other.segments.count }
        guard segments.count == other.segments.count else { return false }
        for (one, another) in zip(shape, other.shape) where (one == nil) != (another == nil) { return one != nil }
        return false
    }
}
