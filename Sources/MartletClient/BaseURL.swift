/// Where a server's API is: `http://localhost:11434`, `http://localhost:11434/v1/` and `localhost:11434` are one.
///
/// A path that names a version (`/v1`, `/openai/v1`, `/v1beta/openai`) is taken as it is; to any other `/v1` is added.
public struct BaseURL: Sendable, Hashable, CustomStringConvertible {
    /// The normalised URL, without a slash at its end.
    public let description: String

    /// Normalises; whether there is such a place shows when it is called.
    public init(_ text: String) {
        var url = String(text.drop { $0.isWhitespace })
        while url.last?.isWhitespace == true || url.last == "/" { url.removeLast() }
        if url.hasSuffix("/chat/completions") { url.removeLast("/chat/completions".count) }
        if !url.contains("://") { url = "http://" + url }
        let path = url.drop { $0 != ":" }.dropFirst(3).split(separator: "/").dropFirst()
        let isVersioned = path.contains { $0.first == "v" && $0.dropFirst().first?.isASCIIDigit == true }
        description = isVersioned ? url : url + "/v1"
    }

    /// The URL of an endpoint, such as `chat/completions`.
    func endpoint(_ path: String) -> String { "\(description)/\(path)" }

    /// Scheme, host and port, which together are what a key is meant for (RFC 6454).
    var origin: String { Self.origin(of: description) }

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
