import Martlet
import MartletUV
import Testing

@testable import MartletGateway

/// What a gateway knows of its upstreams while they change.
struct FleetStateTests {
    private static let now = ContinuousClock.now

    private static func upstream(_ name: String, priority: Int = 0, model: String = "m") -> Upstream {
        var upstream = Upstream("http://\(name):8000", kind: .vLLM, name: name, models: [model: model])
        upstream.priority = priority
        return upstream
    }

    private static func fleet(_ names: String..., routing: RoutingPolicy = .leastOutstanding) -> FleetState {
        var configuration = GatewayConfiguration()
        configuration.routing = routing
        var fleet = FleetState(configuration)
        fleet.random = SplitMix64(seed: 3)
        fleet.replace(names.map { upstream($0) })
        return fleet
    }

    private func begin(
        _ fleet: inout FleetState, model: String = "m", session: String? = nil, blocks: [UInt64] = [],
        tokens: Int = 100, after tried: [Int] = [], at now: ContinuousClock.Instant = now
    ) -> Fleet.Lease? {
        let key = RoutingKey(session: session, blocks: blocks, promptTokens: tokens)
        return fleet.begin(
            .chatCompletions, model: model, for: key, tokens: tokens, after: tried, at: now)
    }

    // MARK: Choices

    @Test func `a request goes to the lowest priority, then to what it has not tried, then to what it has`()
        throws
    {
        var fleet = Self.fleet()
        fleet.replace([Self.upstream("c", priority: 2), Self.upstream("a"), Self.upstream("b", priority: 1)])
        var tried: [Int] = []
        for name in ["a", "b", "c", "a"] {
            let lease = try #require(begin(&fleet, after: tried))
            #expect(lease.server.name == name)
            tried.append(lease.server.id)
        }
        #expect(begin(&fleet, model: "unknown") == nil)
    }

    @Test func `two gateways with the same upstreams in another order send a session to the same one`() throws {
        let names = ["gpu-1:8000", "gpu-2:8000", "gpu-3:8000", "gpu-4:8000"]
        var first = Self.fleet(routing: .consistentHashing)
        first.replace(names.map { Self.upstream($0) })
        // This one has had others before.
        var second = Self.fleet("x", "gpu-3:8000", routing: .consistentHashing)
        second.replace(names.reversed().map { Self.upstream($0) })
        var used: Set<String> = []
        for number in 0..<200 {
            let one = try #require(begin(&first, session: "s\(number)", tokens: 0))
            let other = try #require(begin(&second, session: "s\(number)", tokens: 0))
            #expect(one.server.name == other.server.name)
            used.insert(one.server.name)
        }
        #expect(used.count == 4)
    }

    // MARK: Updates

    @Test func `an upstream that stays keeps its health, load and models, whatever its place`() throws {
        var fleet = Self.fleet("a", "b")
        let lease = try #require(begin(&fleet, tokens: 7))
        for _ in 0..<3 { fleet.didCheck(id: lease.server.id, passed: false, at: Self.now) }
        let kept = lease.server.name
        let other = kept == "a" ? "b" : "a"
        fleet.replace([Self.upstream("c"), Self.upstream(other), Self.upstream(kept)])
        #expect(fleet.servers.map(\.name) == ["c", other, kept])
        let entry = try #require(fleet.entries.first { $0.server.name == kept })
        #expect(entry.server === lease.server)
        #expect((entry.outstandingTokens, entry.outstandingRequests) == (7, 1))
        #expect(!entry.health.isAvailable)
        fleet.end(lease, .answered, at: Self.now)
        #expect(fleet.entries.allSatisfy { $0.outstandingTokens == 0 && $0.outstandingRequests == 0 })
    }

    @Test func `new settings of an upstream hold at once, and what is known of it stays`() throws {
        var fleet = Self.fleet("a")
        fleet.replace([Upstream("http://a", kind: .vLLM, name: "a")])
        let id = try #require(fleet.servers.first?.id)
        fleet.didList(["x", "y", "x"], id: id)
        #expect(fleet.models == ["x", "y"])
        let lease = try #require(begin(&fleet, model: "x"))
        fleet.replace([Upstream("http://a", kind: .vLLM, name: "a", models: ["fast": "x"])], key: "new")
        #expect(fleet.models == ["fast"])
        let server = try #require(fleet.servers.first)
        #expect((server.id, server.key) == (id, "new"))
        #expect(fleet.entries.first?.outstandingRequests == 1)
        fleet.end(lease, .answered, at: Self.now)
        fleet.replace([Upstream("http://a", kind: .vLLM, name: "a")])
        #expect(fleet.models == ["x", "y"], "its list is still known")
        fleet.replace([Upstream("http://b", kind: .vLLM, name: "a")])
        #expect(fleet.models.isEmpty && !fleet.isComplete, "another URL is another server")
        #expect(fleet.servers.first.map { $0.id > id } == true)
    }

    @Test func `an upstream that is gone gets nothing new, and what it has begun ends without a fault`() throws {
        var fleet = Self.fleet("a", "b")
        var leases: [Fleet.Lease] = []
        for _ in 0..<6 { leases.append(try #require(begin(&fleet))) }
        fleet.replace([Self.upstream("b")])
        for _ in 0..<6 {
            let lease = try #require(begin(&fleet))
            #expect(lease.server.name == "b")
            leases.append(lease)
        }
        #expect(fleet.entries.count == 2 && fleet.servers.count == 1)
        for lease in leases { fleet.didBegin(lease, at: Self.now) }
        for lease in leases { fleet.end(lease, .interrupted, at: Self.now) }
        #expect(fleet.entries.map(\.server.name) == ["b"])
        #expect(fleet.entries.allSatisfy { $0.outstandingTokens == 0 && $0.outstandingRequests == 0 })
        // The same lease again, whose server is not known any more.
        let gone = try #require(leases.first { $0.server.name == "a" })
        fleet.end(gone, .answered, at: Self.now)
        #expect(fleet.entries.allSatisfy { $0.outstandingRequests == 0 })
    }

    @Test func `an upstream that comes back while its last requests end is the same one`() throws {
        var fleet = Self.fleet("a")
        let lease = try #require(begin(&fleet))
        fleet.replace([Self.upstream("b")])
        fleet.replace([Self.upstream("a")])
        #expect(fleet.servers.map(\.id) == [lease.server.id])
        fleet.replace([Self.upstream("b")])
        fleet.end(lease, .answered, at: Self.now)
        fleet.replace([Self.upstream("a")])
        #expect(fleet.servers.first.map { $0.id > lease.server.id } == true, "an id is never used again")
    }

    @Test func `the retry budget survives an update`() {
        var fleet = Self.fleet("a")
        var count = 0
        while fleet.takeRetry(at: Self.now) { count += 1 }
        #expect(count == 200)
        fleet.replace([Self.upstream("b")])
        let isAllowed = fleet.takeRetry(at: Self.now)
        #expect(!isAllowed)
    }

    // MARK: Drains

    @Test func `an upstream that is drained gets nothing new, also after an update, until that is undone`()
        throws
    {
        var fleet = Self.fleet("a", "b")
        let leases = try (0..<8).map { _ in try #require(begin(&fleet)) }
        let active = leases.count { $0.server.name == "a" }
        #expect(fleet.drain("a") == active && active > 0)
        #expect(fleet.drain("x") == nil)
        for _ in 0..<4 { #expect(try #require(begin(&fleet)).server.name == "b") }
        fleet.replace([Self.upstream("c", model: "other"), Self.upstream("a")])
        let refused = begin(&fleet)
        #expect(refused == nil)
        #expect(fleet.timeUntilEligible(model: "m", at: Self.now) == nil)
        #expect(fleet.hasModel("m"), "it is not unknown, but unavailable")
        for lease in leases { fleet.end(lease, .answered, at: Self.now) }
        #expect(fleet.setDrained(false, upstream: "a") == 0)
        #expect(try #require(begin(&fleet)).server.name == "a")
    }

    @Test func `an upstream that was drained and removed comes back undrained`() throws {
        var fleet = Self.fleet("a")
        #expect(fleet.drain("a") == 0)
        #expect(!fleet.isReady(at: Self.now))
        fleet.replace([Self.upstream("b")])
        fleet.replace([Self.upstream("a")])
        #expect(fleet.isReady(at: Self.now))
    }

    // MARK: Caches

    @Test func `the prefixes of an upstream are forgotten when it is removed or has been down`() throws {
        var fleet = Self.fleet("a", "b", routing: .prefixAffinity)
        let blocks = (0..<64).map { UInt64($0) }
        func home(_ fleet: inout FleetState) throws -> FleetServer {
            let lease = try #require(begin(&fleet, blocks: blocks, tokens: 6_400))
            fleet.end(lease, .answered, at: Self.now)
            return lease.server
        }
        let first = try home(&fleet)
        for _ in 0..<20 { #expect(try home(&fleet) === first) }
        // An update that keeps it changes nothing.
        fleet.replace([Self.upstream("c"), Self.upstream("a"), Self.upstream("b")])
        for _ in 0..<20 { #expect(try home(&fleet) === first) }

        for _ in 0..<3 { fleet.didCheck(id: first.id, passed: false, at: Self.now) }
        let second = try home(&fleet)
        #expect(second !== first)
        for _ in 0..<2 { fleet.didCheck(id: first.id, passed: true, at: Self.now) }
        for _ in 0..<20 { #expect(try home(&fleet) === second) }
        fleet.replace([first.upstream])
        #expect(try home(&fleet) === first)
    }
}

extension FleetState {
    fileprivate mutating func drain(_ name: String) -> Int? { setDrained(true, upstream: name) }

    /// Replaces the upstreams under the same configuration.
    fileprivate mutating func replace(_ upstreams: [Upstream], key: String? = nil) {
        update(upstreams.map { ($0, key) }, configuration)
    }
}
