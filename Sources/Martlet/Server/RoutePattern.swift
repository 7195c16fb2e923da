internal import MartletHTTP

/// A request's path as the routes compare it: repeated slashes are one, and a trailing one is none, since clients join
/// base URLs and paths carelessly.
struct RoutePath {
    let text: String

    init(_ path: String) {
        if Self.isPlain(path) {
            text = path
        } else {
            text = "/" + path.split(separator: "/", omittingEmptySubsequences: true).joined(separator: "/")
        }
    }

    /// Whether the path has neither two slashes in a row nor one at its end. Asked for every request, hence on bytes.
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

/// The path of an application's route: `/api/items/{id}`, where `{id}` is one segment, whichever it is.
struct RoutePattern: Sendable {
    private enum Segment: Sendable {
        case literal(Substring)
        case parameter(String)
    }

    /// As it was written, but with the slashes of `RoutePath`.
    let text: String
    /// Whether only one path matches, `text`.
    let isLiteral: Bool
    private let segments: [Segment]

    /// - Throws: `ServerError` for a path that no request can have, and for malformed parameters.
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

    /// The parameters' values, percent-decoded, if `path`, split at its slashes, matches.
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

    /// Equal for patterns that match the same paths.
    var shape: [String?] { segments.map { if case .literal(let literal) = $0 { String(literal) } else { nil } } }

    /// Whether this one is asked before `other` where both match: it is the one with the earlier literal segment.
    func precedes(_ other: RoutePattern) -> Bool {
        guard segments.count == other.segments.count else { return false }
        for (one, another) in zip(shape, other.shape) where (one == nil) != (another == nil) { return one != nil }
        return false
    }
}
