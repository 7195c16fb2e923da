internal import MartletHTTP

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
