internal import MartletUV

extension FleetState {
    /// Replaces all upstreams and the configuration. A server that stays keeps what is known of it; one that is gone ends
    /// what it has begun.
    ///
    /// - Parameter upstreams: Their names are distinct.
    mutating func update(_ upstreams: [(upstream: Upstream, key: String?)], _ configuration: GatewayConfiguration) {
        if configuration.routing != self.configuration.routing { router = Router(policy: configuration.routing) }
        self.configuration = configuration
        self.upstreams = upstreams
        let hosts = Set(upstreams.compactMap(\.upstream.resolvedHost))
        addresses = addresses.filter { hosts.contains($0.key) }
        let names = Set(upstreams.map(\.upstream.name))
        drained.formIntersection(names)
        for index in entries.indices where !names.contains(entries[index].server.upstream.name) {
            entries[index].isDrained = false
        }
        arrange()
    }

    /// The name of upstreams has been resolved. Addresses that it has no longer get no new requests.
    mutating func didResolve(_ host: String, to addresses: [IPAddress]) {
        guard upstreams.contains(where: { $0.upstream.resolvedHost == host }) else { return }
        self.addresses[host] = addresses.servers
        arrange()
    }

    /// Makes the entries those of the upstreams and their addresses.
    private mutating func arrange() {
        for index in entries.indices { entries[index].isRemoved = true }
        var place = 0
        for (upstream, key) in upstreams {
            let own = upstream.resolvedHost.flatMap { addresses[$0] } ?? []
            for number in 0..<max(1, own.count) {
                let address = own.isEmpty ? nil : own[number]
                let index = entry(of: upstream, at: address)
                (entries[index].place, entries[index].address, entries[index].isRemoved) = (place, address, false)
                let server = entries[index].server
                let target = own.count > 1 ? address : nil
                // What failed with another key may not with this one.
                if server.key != key { entries[index].health = UpstreamHealth() }
                if !server.has(upstream, key: key, address: target) {
                    entries[index].server = FleetServer(id: server.id, upstream, key: key, address: target)
                }
                place += 1
            }
        }
        for entry in entries where entry.isRemoved { router.forget(entry.server.id) }
        removeEnded()
    }

    /// The index of an upstream's entry with an address, which is added if there is none. One whose address was not known
    /// takes the first.
    private mutating func entry(of upstream: Upstream, at address: IPAddress?) -> Int {
        let same = entries.indices.filter { entries[$0].server.upstream.isSame(as: upstream) }
        if let index = same.first(where: { entries[$0].address == address })
            ?? same.first(where: { entries[$0].address == nil })
        {
            return index
        }
        entries.append(Entry(server: FleetServer(id: nextID, upstream, key: nil, address: nil), place: 0))
        entries[entries.count - 1].isDrained = drained.contains(upstream.name)
        nextID += 1
        return entries.count - 1
    }

    /// Gives an upstream, or one address of it, no new requests, or gives it requests again. Both hold as long as an upstream
    /// of this name is configured. Returns how many requests are active there; nil if there is no such upstream.
    mutating func setDrained(_ isDrained: Bool, upstream name: String) -> Int? {
        let own = configured.filter {
            entries[$0].server.upstream.name == name || entries[$0].server.name == name
        }
        guard let first = own.first else { return nil }
        // An upstream of which one address serves is not drained.
        let upstream = entries[first].server.upstream.name
        if !isDrained { drained.remove(upstream) } else if upstream == name { drained.insert(name) }
        for index in own { entries[index].isDrained = isDrained }
        return own.reduce(0) { $0 + entries[$1].outstandingRequests }
    }
}
