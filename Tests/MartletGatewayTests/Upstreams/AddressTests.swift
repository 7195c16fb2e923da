import Martlet
import MartletUV
import Testing

@testable import MartletGateway

/// Names that have several addresses, each of which is a server.
struct AddressTests {
    private static let now = ContinuousClock.now

    private var fleet = FleetState(GatewayConfiguration())

    init() {
        fleet.random = SplitMix64(seed: 4)
        fleet.update([(Self.upstream("pool"), nil)], GatewayConfiguration())
    }

    private static func upstream(_ host: String) -> Upstream {
        Upstream("http://\(host):8000", kind: .vLLM, name: "gpu", models: ["m": "m"])
    }

    private static func addresses(_ texts: [String]) -> [IPAddress] { texts.compactMap { IPAddress($0) } }

    private var names: [String] { fleet.servers.map(\.name) }

    private mutating func resolve(_ texts: String...) { fleet.didResolve("pool", to: Self.addresses(texts)) }

    private mutating func begin() throws -> Fleet.Lease {
        let lease = fleet.begin(
            .chatCompletions, model: "m", for: RoutingKey(), tokens: 1, after: [], at: Self.now)
        return try #require(lease)
    }

    @Test(
        arguments: [
            ([], []), (["10.0.0.1"], ["10.0.0.1"]), (["10.0.0.2", "10.0.0.1"], ["10.0.0.1", "10.0.0.2"]),
            // One server with an address of each family, as most names have; the system tries both.
            (["::1", "127.0.0.1"], []), (["fd00::1", "10.0.0.1", "10.0.0.2"], ["10.0.0.1", "10.0.0.2"]),
            (["fd00::2", "fd00::1", "10.0.0.1"], ["fd00::1", "fd00::2"]),
            (["fd00::1", "10.0.0.1", "10.0.0.2", "fd00::2"], ["fd00::1", "fd00::2"]),
        ])
    func `the servers of an answer are those of one family`(answer: [String], servers: [String]) {
        #expect(Self.addresses(answer).servers.map(\.description) == servers)
    }

    @Test func `only names of machines are resolved`() {
        for (url, host) in [
            ("http://Pool:8000", "pool"), ("https://u:p@pool.internal/v1", "pool.internal"),
            ("http://10.0.0.1:80", nil),
            ("http://[::1]:80", nil), ("localhost:8000", "localhost"),
        ] {
            #expect(Upstream(url, kind: .vLLM).resolvedHost == host)
            #expect(Upstream(url).resolvedHost == nil, "the addresses of a service are those of its balancers")
        }
    }

    @Test mutating func `each address is a server, and one that stays keeps its requests`() throws {
        let before = try begin()
        #expect(names == ["gpu"])
        resolve("10.0.0.1")
        #expect(names == ["gpu"] && fleet.servers.first === before.server, "one address needs no name of its own")
        resolve("10.0.0.2", "10.0.0.1")
        #expect(names == ["gpu@10.0.0.1", "gpu@10.0.0.2"])
        #expect(fleet.servers.map(\.addressText) == ["10.0.0.1", "10.0.0.2"])
        #expect(fleet.servers.first?.id == before.server.id)
        #expect(try begin().server.addressText == "10.0.0.2", "the other one has a request")
        resolve("10.0.0.3", "10.0.0.2")
        #expect(names == ["gpu@10.0.0.2", "gpu@10.0.0.3"])
        let reports = fleet.reports(at: Self.now)
        #expect(reports.map(\.name) == ["gpu@10.0.0.2", "gpu@10.0.0.3", "gpu@10.0.0.1"])
        #expect(reports.map(\.state) == [.ready, .ready, .removed])
        #expect(reports.map(\.outstandingRequests) == [1, 0, 1])
        fleet.end(before, .answered, at: Self.now)
        #expect(fleet.entries.count == 2)
        resolve("10.0.0.3")
        #expect(names == ["gpu"])
        #expect(fleet.reports(at: Self.now).map(\.state) == [.ready, .removed])
    }

    @Test mutating func `an update keeps the addresses of a name, and another name has its own`() {
        resolve("10.0.0.1", "10.0.0.2")
        var upstream = Self.upstream("pool")
        upstream.weight = 3
        let ids = fleet.servers.map(\.id)
        fleet.update([(upstream, "key")], GatewayConfiguration())
        #expect(fleet.servers.map(\.id) == ids && fleet.servers.allSatisfy { $0.key == "key" })
        fleet.update([(Self.upstream("other"), nil)], GatewayConfiguration())
        #expect(names == ["gpu"])
        resolve("10.0.0.1", "10.0.0.2")
        #expect(names == ["gpu"], "an answer that comes too late")
    }

    @Test
    mutating func `a drain of an upstream is one of all its addresses, also of new ones; one can be drained alone`()
        throws
    {
        resolve("10.0.0.1", "10.0.0.2")
        func drained() -> [Bool] { fleet.reports(at: Self.now).map { $0.state == .drained } }
        #expect(fleet.setDrained(true, upstream: "gpu@10.0.0.2") == 0)
        #expect(drained() == [false, true])
        resolve("10.0.0.1", "10.0.0.2", "10.0.0.3")
        #expect(drained() == [false, true, false])
        #expect(fleet.setDrained(true, upstream: "gpu") == 0)
        resolve("10.0.0.1", "10.0.0.2", "10.0.0.4")
        #expect(drained() == [true, true, true])
        #expect(fleet.setDrained(false, upstream: "gpu@10.0.0.4") == 0)
        resolve("10.0.0.1", "10.0.0.4", "10.0.0.5")
        #expect(drained() == [true, false, false])
        #expect(fleet.setDrained(false, upstream: "gpu") == 0)
        #expect(drained() == [false, false, false])
    }
}
