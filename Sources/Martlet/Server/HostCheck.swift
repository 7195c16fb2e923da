internal import MartletHTTP
internal import MartletOpenAI

/// Keeps web pages from reaching a server that listens on this machine alone by a name of their own that they have
/// pointed at it (DNS rebinding): such requests name a host that no local client would. Each loop has its own.
final class HostCheck {
    private let names: Set<String>
    /// What passed last: clients name one host, request after request.
    private var lastAllowed = ""

    /// Nil where there is nothing to check: the server is open to other machines anyway, or the check is off.
    init?(_ configuration: ServerConfiguration) {
        guard Self.isLoopback(configuration.host), !configuration.allowedHosts.contains("*") else { return nil }
        names = Set((["localhost", configuration.host] + configuration.allowedHosts).map(Self.normalized))
    }

    /// 403 for a request that names a host that is not allowed; nil for every other.
    func refusal(of head: RequestHead) -> OpenAIError? {
        let authority = head.authority
        if allows(authority) { return nil }
        let host = (authority ?? "").prefix(128)
        return OpenAIError(
            status: 403,
            message: "The host \(host) is not allowed here. Allow it with --allowed-host, or use localhost.",
            code: "host_not_allowed")
    }

    /// Whether `authority`, a host with or without a port, may be served. HTTP/1.0 may come without.
    func allows(_ authority: String?) -> Bool {
        guard let authority, authority != lastAllowed else { return true }
        let host = Self.normalized(Self.host(of: authority))
        guard names.contains(host) || Self.isAddress(host) else { return false }
        lastAllowed = authority
        return true
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && isAddress(host))
    }

    private static func host(of authority: String) -> Substring {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return authority[authority.index(after: authority.startIndex)..<end]
        }
        return authority.prefix { $0 != ":" }
    }

    /// Names compare without case, and a name may end with the root's dot.
    private static func normalized(_ host: some StringProtocol) -> String {
        let lowercased = host.lowercased()
        return lowercased.hasSuffix(".") ? String(lowercased.dropLast()) : lowercased
    }

    /// Whether the host is an IP address, which no page can point anywhere: with a colon IPv6, of four numbers IPv4.
    private static func isAddress(_ host: String) -> Bool {
        if host.contains(":") { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
