/// An address that a server listens on.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Hashable {
        case tcp(host: String, port: Int)
    }

    private let kind: Kind

    /// A TCP port.
    ///
    /// - Parameters:
    ///   - host: A name or an address of this machine. The default accepts connections from this machine only.
    ///   - port: 0 chooses a free port.
    public static func tcp(host: String = "127.0.0.1", port: Int) -> ListenAddress {
        ListenAddress(kind: .tcp(host: host, port: port))
    }

    /// The host of a TCP port, as configured.
    public var host: String? {
        switch kind {
        case .tcp(let host, _): host
        }
    }

    /// The number of a TCP port.
    public var port: Int? {
        switch kind {
        case .tcp(_, let port): port
        }
    }

    /// The host and the port, with brackets around an IPv6 address: `127.0.0.1:8080`.
    public var description: String {
        switch kind {
        case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    /// The base URL of a server at this address, without `/v1`.
    public var url: String { "http://\(self)" }

    /// The address with the port that the system chose, if the port is 0.
    func bound(to port: Int) -> ListenAddress {
        switch kind {
        case .tcp(let host, _): .tcp(host: host, port: port)
        }
    }
}
