import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// Several servers are sent the same request.
struct ComparisonTests {
    // Checklist rows S0-36, S0-37.
    @Test func `servers are called concurrently, and each result is reported on arrival and returned in order`()
        async throws
    {
        let gate = Gate()
        try await withFaults([.wait(for: gate), .reply("slow")]) { (slow, _) async throws in
            try await withFaults([.failure(404)]) { (broken, _) async throws in
                try await withFaults([.reply("fast")]) { (fast, _) async throws in
                    let order = Mutex<[Int]>([])
                    let all = await Client.compare(.init(messages: [.user("Hi")]), with: [slow, broken, fast]) { one in
                        let count = order.withLock { order in
                            order.append(one.index)
                            return order.count
                        }
                        // The slow server replies only after the results of both others were reported.
                        if count == 2 { gate.open() }
                    }
                    #expect(order.withLock { $0.last } == 0)
                    #expect(all.map(\.index) == [0, 1, 2])
                    #expect(all.map { (try? $0.result.get())?.content } == ["slow", nil, "fast"])
                    #expect(all.allSatisfy { $0.duration > .zero })
                }
            }
        }
    }
}
