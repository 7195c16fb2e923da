import Testing

@testable import MartletGateway

struct RoutingSimulationTests {
    struct Setting: Sendable {
        var upstreamCount = 4
        var groupCount = 40
        var chatsPerSecond = 4.0
        /// Of 1,024 bytes; the load has several thousand in all.
        var cacheBlocks = 1_000
    }

    private static let settings = [
        Setting(), Setting(upstreamCount: 8, chatsPerSecond: 8),
        // Two requests at a time for each upstream.
        Setting(upstreamCount: 8, chatsPerSecond: 0.5),
        Setting(upstreamCount: 8, groupCount: 3, chatsPerSecond: 8),
        Setting(groupCount: 200, chatsPerSecond: 2),
    ]

    @Test(arguments: settings)
    func `prefix affinity hits caches like an oracle, and shares the load`(_ setting: Setting) {
        let load = ChatLoad(
            chatCount: 400, groupCount: setting.groupCount, chatsPerSecond: setting.chatsPerSecond, seed: 7)
        func simulate(_ chooser: RoutingSimulation.Chooser) -> RoutingSimulation {
            RoutingSimulation(
                chooser, upstreamCount: setting.upstreamCount, cacheBlocks: setting.cacheBlocks, load: load)
        }
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
}
