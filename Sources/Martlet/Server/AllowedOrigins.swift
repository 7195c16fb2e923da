internal import MartletHTTP

/// The origins whose web pages may use the server besides its own pages, parsed from
/// `ServerConfiguration.allowedOrigins`.
struct AllowedOrigins: Sendable {
    /// Whether every page may, including pages whose origin is `null`.
    private(set) var allowsAll = false
    private var origins: Set<String> = []
    /// Application schemes, such as `app`, with any host.
    private var schemes: Set<Substring> = []

    /// Allows only the server's own origin.
    init() {}

    /// - Throws: `ServerError` for a pattern that no Origin field can match, with what to write instead.
    init(_ patterns: [String]) throws(ServerError) {
        for pattern in patterns { try allow(pattern) }
    }

    var isEmpty: Bool { !allowsAll && origins.isEmpty && schemes.isEmpty }

    /// Whether a page of `origin`, the value of an Origin field, may use the server.
    func contains(_ origin: String) -> Bool {
        if allowsAll { return true }
        let origin = origin.lowercased()
        if origins.contains(origin) { return true }
        guard !schemes.isEmpty, let mark = origin.firstRange(of: "://") else { return false }
        return schemes.contains(origin[..<mark.lowerBound])
    }

    private mutating func allow(_ pattern: String) throws(ServerError) {
        if pattern == "*" {
            allowsAll = true
            return
        }
        let text = pattern.lowercased()
        if text == "null" {
            throw Self.error(
                pattern, "any page can have it, in a sandboxed frame. Name the page's real origin, or allow all with *")
        }
        if text.contains(",") { throw Self.error(pattern, "name one origin at a time, each with an option of its own") }
        guard let mark = text.firstRange(of: "://"), Self.isScheme(text[..<mark.lowerBound]) else {
            let hint = Self.isAuthority(text) ? "http://\(text)" : "http://localhost:3000"
            throw Self.error(pattern, "write it with its scheme, as in \(hint)")
        }
        let (scheme, host) = (text[..<mark.lowerBound], text[mark.upperBound...])
        if let end = host.firstIndex(where: { "/?#".contains($0) }) {
            throw Self.error(pattern, "leave out what follows the host: \(text[..<end])")
        }
        if scheme == "http" || scheme == "https" {
            origins.insert("\(scheme)://\(try Self.authority(host, of: scheme, in: pattern))")
        } else if host == "*" {
            schemes.insert(scheme)
        } else {
            guard !host.isEmpty || scheme == "file", host.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
                !host.contains("*"), !host.contains("@")
            else { throw Self.error(pattern, "name one host of the application, or all as in \(scheme)://*") }
            origins.insert(text)
        }
    }

    /// The authority as browsers write it, without the scheme's default port (RFC 6454 §6.2).
    private static func authority(
        _ host: Substring, of scheme: Substring, in pattern: String
    ) throws(ServerError) -> Substring {
        if host.contains("*") {
            throw error(
                pattern, "only applications' schemes take a wildcard (app://*). Name each host, or allow all with *")
        }
        guard isAuthority(host) else { throw error(pattern, "write it as browsers send it, \(scheme)://host[:port]") }
        let usualPort = scheme == "http" ? ":80" : ":443"
        return host.hasSuffix(usualPort) ? host.dropLast(usualPort.count) : host
    }

    private static func isAuthority(_ text: some StringProtocol) -> Bool { Authority.isValid(Array(text.utf8).span) }

    /// Whether `text` is a scheme in lower case (RFC 3986 §3.1).
    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }

    private static func error(_ pattern: String, _ hint: String) -> ServerError {
        ServerError("--cors-origin (allowedOrigins) cannot allow \(pattern.debugDescription): \(hint)")
    }
}
