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
