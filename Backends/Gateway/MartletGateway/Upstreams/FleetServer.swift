internal import MartletHTTP
internal import MartletUV

/// A server that gets requests: an upstream, or one address of several that its name has, with the key that was read for it.
/// It does not change; new settings of an upstream put another one with the same id in its place.
final class FleetServer: Sendable {
    /// Never used again for another server.
    let id: Int
    let upstream: Upstream
    /// What authorizes requests; nil for none.
    let key: String?
    /// Where to connect; nil to leave that to the system.
    let address: IPAddress?
    /// As `OutgoingRequest` has it.
    let addressText: String?
    /// As errors, logs and tables name it.
    let name: String
    /// What consistent hashing knows it by: the same in every gateway that has the upstream, in any order.
    let nameHash: UInt64
    /// The URL of its API, with a slash at its end.
    private let url: String

    init(id: Int, _ upstream: Upstream, key: String?, address: IPAddress?) {
        (self.id, self.upstream, self.key, self.address) = (id, upstream, key, address)
        addressText = address?.description
        name = addressText.map { "\(upstream.name)@\($0)" } ?? upstream.name
        nameHash = StableHash.value(of: name)
        url = upstream.url.endpoint("")
    }

    /// The URL of an endpoint. Those for tokens and health are not below `/v1`.
    func url(of path: String) -> String {
        path.utf8.starts(with: "/v1/".utf8) ? url + path.dropFirst(4) : url.dropLast(4) + path
    }

    func has(_ upstream: Upstream, key: String?, address: IPAddress?) -> Bool {
        self.upstream == upstream && self.key == key && self.address == address
    }
}

extension OutgoingRequest {
    /// Goes to a server, which has to have a certificate that its upstream trusts.
    mutating func connect(to server: FleetServer) {
        address = server.addressText
        certificateAuthorityFile = server.upstream.certificateAuthorityFile
    }
}

extension Upstream {
    /// Whether it is the other one, perhaps with other settings, so that what is known of that holds on.
    func isSame(as other: Upstream) -> Bool { name == other.name && url == other.url && kind == other.kind }

    /// The name whose addresses are servers of their own; nil if it has none.
    var resolvedHost: String? {
        guard kind.hasServersByAddress else { return nil }
        let authority = url.origin.drop { $0 != "/" }.dropFirst(2)
        if authority.hasPrefix("[") { return nil }
        let host = String(authority.prefix { $0 != ":" })
        return host.isEmpty || IPAddress(host) != nil ? nil : host
    }
}

extension [IPAddress] {
    /// Those that are servers of their own, in an order that does not depend on that of the answer. None if there is at most
    /// one of each family: they may be one server's, and the system tries both.
    var servers: [IPAddress] {
        let four = filter(\.isIPv4)
        let six = filter { !$0.isIPv4 }
        if four.count == 1, six.count == 1 { return [] }
        let chosen =
            four.count == six.count ? (first?.isIPv4 == true ? four : six) : four.count > six.count ? four : six
        return chosen.sorted { $0.description < $1.description }
    }
}
