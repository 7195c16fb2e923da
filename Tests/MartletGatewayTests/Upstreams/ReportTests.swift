import Martlet
import MartletUV
import Testing

@testable import MartletGateway

/// What a gateway says of its upstreams.
struct ReportTests {
    private static let start = ContinuousClock.now

    private var now = Self.start
    private var fleet: FleetState

    init() {
        var configuration = GatewayConfiguration()
        configuration.routing = .prefixAffinity
        fleet = FleetState(configuration)
        fleet.random = SplitMix64(seed: 9)
        fleet.update([(Upstream("http://a", kind: .vLLM, name: "a", models: ["m": "m"]), nil)], configuration)
    }

    private mutating func begin(blocks: [UInt64] = [], after tried: [Int] = []) throws -> Fleet.Lease {
        let key = RoutingKey(blocks: blocks, promptTokens: 10)
        let lease = fleet.begin(
            .chatCompletions, model: "m", for: key, tokens: 30, after: tried, at: now)
        return try #require(lease)
    }

    private func report() throws -> UpstreamReport { try #require(fleet.reports(at: now).first) }

    @Test mutating func `requests are counted by how they ended`() throws {
        let outcomes: [UpstreamHealth.Outcome] = [
            .answered, .answered, .connectFailed, .cancelled, .serverError, .answered, .timedOut, .interrupted,
            .answered,
            .busy(retryAfter: .zero),
        ]
        for outcome in outcomes { fleet.end(try begin(), outcome, at: now) }
        _ = try begin(after: [7])
        let report = try report()
        #expect(report.outcomes.map(\.count) == [4, 1, 1, 1, 1, 1, 1])
        #expect(report.outcomes.map(\.name).first == "answered" && report.outcomes.map(\.name).last == "cancelled")
        #expect((report.failures, report.retries) == (4, 1))
        #expect((report.outstandingRequests, report.outstandingTokens) == (1, 30))
        #expect(report.models == ["m"])
    }

    @Test mutating func `the hit rate is the part of the blocks that was sent there before`() throws {
        #expect(try report().prefixHitRate == nil)
        _ = try begin(blocks: [1, 2, 3, 4])
        #expect(try report().prefixHitRate == 0)
        _ = try begin(blocks: [1, 2, 3, 5])
        #expect(try report().prefixHitRate == 3.0 / 8)
    }

    @Test mutating func `times to the first token are those of the last one to two minutes`() throws {
        #expect(try report().firstTokenP50 == nil)
        func generate(after seconds: Int, _ test: inout Self) throws {
            let lease = try test.begin()
            test.fleet.didGenerate(lease, at: test.now + .seconds(seconds))
        }
        for _ in 0..<99 { try generate(after: 1, &self) }
        for _ in 0..<2 { try generate(after: 20, &self) }
        func isAbout(_ duration: Duration?, _ seconds: Double) -> Bool {
            duration.map { abs($0 / .seconds(seconds) - 1) < 0.02 } ?? false
        }
        #expect(try isAbout(report().firstTokenP50, 1) && isAbout(report().firstTokenP99, 20))
        now += .seconds(61)
        for _ in 0..<3 { try generate(after: 4, &self) }
        #expect(try isAbout(report().firstTokenP50, 1) && isAbout(report().firstTokenP99, 20))
        now += .seconds(70)
        #expect(try isAbout(report().firstTokenP50, 4) && isAbout(report().firstTokenP99, 4))
        now += .seconds(120)
        #expect(try report().firstTokenP50 == nil)
    }

    @Test mutating func `the state says why a server gets no requests`() throws {
        #expect(try report().state == .ready)
        fleet.end(try begin(), .busy(retryAfter: .seconds(9)), at: now)
        #expect(try report().state == .paused)
        now += .seconds(10)
        #expect(try report().state == .ready)
        for _ in 0..<5 { fleet.end(try begin(), .serverError, at: now) }
        let failing = try report()
        #expect(failing.state == .down && failing.breaker == .open)
        now += .seconds(2)
        let probed = try report()
        #expect(probed.state == .ready && probed.breaker == .halfOpen)
        #expect(fleet.setDrained(true, upstream: "a") == 0)
        #expect(try report().state == .drained)
        #expect(fleet.setDrained(false, upstream: "a") == 0)
        _ = try begin()
        fleet.update([(Upstream("http://b", name: "b"), nil)], fleet.configuration)
        let reports = fleet.reports(at: now)
        #expect(reports.map(\.name) == ["b", "a"])
        #expect(reports.map(\.state) == [.down, .removed], "b has not said which models it has")
    }
}
