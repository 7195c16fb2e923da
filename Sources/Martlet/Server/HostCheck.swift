internal import MartletHTTP
internal import MartletOpenAI

/// Protects a server on a loopback address against DNS rebinding: a web page that points a host name of its own at the
/// server sends a Host that no local client would send. One instance per loop.
final class HostCheck {
    private let names: Set<String>
    /// The last authority that was allowed: a client sends the same one with every request.
    private var lastAllowed = ""

    /// Nil if other machines can reach the server anyway, or if the check is off.
    ///
    /// - Parameter addresses: Those of the server that the requests come to.
    init?(_ configuration: ServerConfiguration, at addresses: [ListenAddress]) {
        guard addresses.allSatisfy(\.isLoopback), !configuration.allowedHosts.contains("*") else { return nil }
        let hosts = addresses.compactMap(\.host)
        names = Set((["localhost"] + hosts + configuration.allowedHosts).map(Self.normalized))
    }

    /// 403 for a host that is not allowed; nil for others.
    func refusal(of head: RequestHead) -> OpenAIError? {
        let authority = head.authority
        if allows(authority) { return nil }
        let host = (authority ?? "").prefix(128)
        return OpenAIError(
            status: 403,
            message: "The host \(host) is not allowed here. Allow it with --allowed-host, or use localhost.",
            code: "host_not_allowed")
    }

    /// Whether `authority`, a host with an optional port, is allowed. HTTP/1.0 requests may have none.
    func allows(_ authority: String?) -> Bool {
        guard let authority, authority != lastAllowed else { return true }
        let host = Self.normalized(Self.host(of: authority))
        guard names.contains(host) || Self.isAddress(host) else { return false }
        lastAllowed = authority
        return true
    }

    private static func host(of authority: String) -> Substring {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return authority[authority.index(after: authority.startIndex)..<end]
        }
        return authority.prefix { $0 != ":" }
    }

    /// Host names are compared without case and without the trailing dot of the root.
    private static func normalized(_ host: some StringProtocol) -> String {
        let lowercased = host.lowercased()
        return lowercased.hasSuffix(".") ? String(lowercased.dropLast()) : lowercased
    }

    /// Whether the host is an IP address, which rebinding cannot use: IPv6 has a colon, IPv4 four numbers.
    fileprivate static func isAddress(_ host: String) -> Bool {
        if host.contains(":") { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension ListenAddress {
    /// Whether only programs on this machine can connect. A name other than `localhost` is not looked up: it may be any
    /// address.
    package var isLoopback: Bool {
        guard let host else { return true }
        return host == "localhost" || host == "::1" || (host.hasPrefix("127.") && HostCheck.isAddress(host))
    }
}
