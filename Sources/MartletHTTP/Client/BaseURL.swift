/// The address of a server's API. `http://localhost:11434`, `http://localhost:11434/v1/` and `localhost:11434` are
/// equal.
///
/// A path that names a version (`/v1`, `/openai/v1`, `/v1beta/openai`) is kept; `/v1` is appended to any other.
public struct BaseURL: Sendable, Hashable, CustomStringConvertible {
    /// The normalised URL without a trailing slash, user name and password included.
    package let url: String

    /// The normalised URL without a trailing slash, user name and password.
    public var description: String { Self.withoutUserInfo(url) }

    /// Removes the user information (RFC 3986 §3.2.1).
    package static func withoutUserInfo(_ url: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return url }
        let authority = url[start...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return url }
        return String(url[..<start] + url[url.index(after: at)...])
    }

    /// The password in the URL, if any.
    package var password: String? {
        guard let start = url.firstRange(of: "://")?.upperBound else { return nil }
        let authority = url[start...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return nil
        }
        return String(authority[authority.index(after: colon)..<at])
    }

    /// Normalises the text. Whether it is reachable shows with the first call.
    public init(_ text: String) {
        var url = String(text.drop { $0.isWhitespace })
        while url.last?.isWhitespace == true || url.last == "/" { url.removeLast() }
        if url.hasSuffix("/chat/completions") { url.removeLast("/chat/completions".count) }
        if !url.contains("://") { url = "http://" + url }
        let scheme = url.prefix { $0 != ":" }
        url = scheme.lowercased() + url.dropFirst(scheme.count)
        let path = url.drop { $0 != ":" }.dropFirst(3).split(separator: "/").dropFirst()
        let isVersioned = path.contains { $0.first == "v" && $0.dropFirst().first?.isASCIIDigit == true }
        self.url = isVersioned ? url : url + "/v1"
    }

    /// The URL of an endpoint such as `chat/completions`, with or without a leading slash. A complete URL is returned
    /// as it is.
    package func endpoint(_ path: String) -> String {
        Self.hasScheme(path) ? path : "\(url)/\(path.drop { $0 == "/" })"
    }

    /// Whether the text begins with a scheme (RFC 3986 §3.1). A URL inside a query is part of a path.
    private static func hasScheme(_ path: String) -> Bool {
        guard let end = path.firstRange(of: "://")?.lowerBound else { return false }
        return path[..<end].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }

    /// Scheme, host and port (RFC 6454): the key is sent to this origin only.
    package var origin: String { Self.origin(of: url) }

    /// The origin of a URL, in lower case and without a default port.
    package static func origin(of url: String) -> String {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        let authority = url.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        var host = (authority.split(separator: "@").last ?? "").lowercased()
        let defaultPort = scheme == "https" ? ":443" : ":80"
        if host.hasSuffix(defaultPort) { host.removeLast(defaultPort.count) }
        return "\(scheme)://\(host)"
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
