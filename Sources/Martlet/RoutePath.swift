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

    /// Percent-decoded text (RFC 3986, 2.1). A `%` that introduces nothing stands for itself.
    static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = hexadecimal(rest.first),
                let low = hexadecimal(rest.dropFirst().first)
            {
                bytes.append(high << 4 | low)
                rest.removeFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8?) -> UInt8? {
        byte.flatMap { Character(Unicode.Scalar($0)).hexDigitValue }.map { UInt8($0) }
    }
}
