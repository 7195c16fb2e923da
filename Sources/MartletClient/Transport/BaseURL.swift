/// Where a server's API is: `http://localhost:11434`, `http://localhost:11434/v1/` and `localhost:11434` are one.
///
/// A path that names a version (`/v1`, `/openai/v1`, `/v1beta/openai`) is taken as it is; to any other `/v1` is added.
public struct BaseURL: Sendable, Hashable, CustomStringConvertible {
    /// The normalised URL, without a slash at its end, and with it the name and the password that it may hold.
    let url: String

    /// The normalised URL, without a slash at its end, and without a name or a password.
    public var description: String { Self.withoutUser(url) }

    /// Any URL without a name or a password.
    static func withoutUser(_ url: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return url }
        let authority = url[start...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return url }
        return String(url[..<start] + url[url.index(after: at)...])
    }

    /// The password that the URL holds.
    var password: String? {
        guard let start = url.firstRange(of: "://")?.upperBound else { return nil }
        let authority = url[start...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return nil
        }
        return String(authority[authority.index(after: colon)..<at])
    }

    /// Normalises; whether there is such a place shows when it is called.
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

    /// The URL of an endpoint, such as `chat/completions`, with or without a slash before it; a whole URL stays.
    func endpoint(_ path: String) -> String {
        Self.hasScheme(path) ? path : "\(url)/\(path.drop { $0 == "/" })"
    }

    /// Whether it begins with a scheme (RFC 3986 §3.1). A URL in a query is part of a path.
    private static func hasScheme(_ path: String) -> Bool {
        guard let end = path.firstRange(of: "://")?.lowerBound else { return false }
        return path[..<end].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }

    /// Scheme, host and port, which together are what a key is meant for (RFC 6454).
    var origin: String { Self.origin(of: url) }

    /// The origin of any URL, in lower case and without a default port.
    static func origin(of url: String) -> String {
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
