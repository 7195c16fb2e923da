/// A server that gets requests: an upstream with the key that was read for it. It does not change; a reload that changes an
/// upstream's settings puts another one with the same id in its place.
final class FleetServer: Sendable {
    /// Never used again for another server.
    let id: Int
    let upstream: Upstream
    /// What authorizes requests; nil for none.
    let key: String?
    /// What consistent hashing knows it by: the same in every gateway that has the upstream, whatever its place in the list.
    let nameHash: UInt64

    /// As errors, logs and tables name it.
    var name: String { upstream.name }

    init(id: Int, _ upstream: Upstream, key: String?) {
        (self.id, self.upstream, self.key) = (id, upstream, key)
        nameHash = StableHash.value(of: upstream.name)
    }

    /// Whether the settings are those of this very server, so that what is known of it holds on.
    func isSame(as upstream: Upstream) -> Bool {
        self.upstream.name == upstream.name && self.upstream.url == upstream.url && self.upstream.kind == upstream.kind
    }
}
