import Testing

@testable import MartletGateway

struct RecencySetTests {
    @Test func `the number inserted longest ago makes room`() {
        var set = RecencySet(capacity: 3)
        set.insert(contentsOf: [1, 2, 3])
        set.insert(1)
        set.insert(4)
        #expect([1, 2, 3, 4].map { set.contains($0) } == [true, false, true, true])
        set.insert(contentsOf: [4, 5])
        #expect([1, 3, 4, 5].map { set.contains($0) } == [true, false, true, true])
        #expect(set.count == 3)
    }

    @Test(arguments: [0, 1]) func `a set keeps at least one number`(capacity: Int) {
        var set = RecencySet(capacity: capacity)
        set.insert(contentsOf: [1, 1, 2])
        #expect(set.contains(2))
        #expect(!set.contains(1))
        #expect(set.count == 1)
    }
}
