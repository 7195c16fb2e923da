import Foundation
import Testing

@testable import MartletGateway

struct RoutingSimulationTests {
    struct Setting: Sendable {
        var name: String
        var upstreamCount = 4
        var groupCount = 40
        var chatsPerSecond = 4.0
        /// Of 1,024 bytes; the load has several thousand in all.
        var cacheBlocks = 1_000
    }

    private static let settings = [
        Setting(name: "4 upstreams, 40 system prompts"),
        Setting(name: "8 upstreams, 40 system prompts", upstreamCount: 8, chatsPerSecond: 8),
        // Two requests at a time for each upstream.
        Setting(name: "the same, with little load", upstreamCount: 8, chatsPerSecond: 0.5),
        Setting(name: "8 upstreams, 3 system prompts", upstreamCount: 8, groupCount: 3, chatsPerSecond: 8),
        Setting(name: "4 upstreams, 200 system prompts", groupCount: 200, chatsPerSecond: 2),
    ]

    private static func load(of setting: Setting) -> ChatLoad {
        ChatLoad(chatCount: 400, groupCount: setting.groupCount, chatsPerSecond: setting.chatsPerSecond, seed: 7)
    }

    private static func simulate(_ chooser: RoutingSimulation.Chooser, _ setting: Setting) -> RoutingSimulation {
        RoutingSimulation(
            chooser, upstreamCount: setting.upstreamCount, cacheBlocks: setting.cacheBlocks, load: load(of: setting))
    }

    @Test(arguments: settings)
    func `prefix affinity hits caches like an oracle, and shares the load`(_ setting: Setting) {
        func simulate(_ chooser: RoutingSimulation.Chooser) -> RoutingSimulation { Self.simulate(chooser, setting) }
        let (affinity, oracle, roundRobin) = (
            simulate(.policy(.prefixAffinity)), simulate(.oracle), simulate(.roundRobin)
        )
        #expect(affinity.promptTokens == oracle.promptTokens)
        #expect(affinity.hitRate >= 0.95 * oracle.hitRate)
        #expect(affinity.imbalance <= 1.5)
        // At most half of the tokens to compute.
        #expect(1 - affinity.hitRate <= 0.5 * (1 - roundRobin.hitRate))
        let sessions = simulate(.policy(.consistentHashing))
        #expect(sessions.hitRate > roundRobin.hitRate)
        #expect(sessions.imbalance <= 1.5)
    }

    @Test func `the plot in the documentation is that of these loads`() throws {
        let choosers: [(String, RoutingSimulation.Chooser)] = [
            ("round robin", .roundRobin), ("consistent-hash", .policy(.consistentHashing)),
            ("prefix-affinity", .policy(.prefixAffinity)), ("an oracle", .oracle),
        ]
        let plot = PrefillPlot(
            loads: Self.settings.map { setting in
                PrefillPlot.Load(
                    name: setting.name, saved: choosers.map { ($0, Self.simulate($1, setting).hitRate) })
            })
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../docs/prefix-routing.svg")
        if ProcessInfo.processInfo.environment["MARTLET_WRITE_DOCS"] != nil {
            try plot.svg.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == plot.svg)
    }
}
