import Testing

@testable import Martlet

struct QueueBoundTests {
    /// Whether one more request of `principal` may wait beside `others`.
    private func accepts(_ principal: String?, beside others: [String?: Int], _ maximum: Int) -> Bool {
        QueueBound(maximum: maximum, extra: maximum).accepts(principal, count: others.values.reduce(0, +)) { others }
    }

    @Test func `one principal may have as many as the maximum`() {
        #expect(accepts("a", beside: [:], 1))
        #expect(accepts("a", beside: ["a": 255], 256))
        #expect(!accepts("a", beside: ["a": 256], 256))
        #expect(!accepts(nil, beside: [nil: 1], 1))
        #expect(!accepts("a", beside: [:], 0))
        #expect(accepts("a", beside: ["a": 9], .max))
    }

    @Test func `a principal that fills the queue does not keep others out`() {
        #expect(accepts("b", beside: ["a": 256], 256))
        #expect(accepts("b", beside: ["a": 256, "b": 127], 256))
        #expect(!accepts("b", beside: ["a": 256, "b": 128], 256))
        #expect(!accepts("a", beside: ["a": 256, "b": 1], 256))
        #expect(accepts("c", beside: ["a": 256, "b": 128], 256))
        #expect(!accepts("c", beside: ["a": 256, "b": 128, "c": 85], 256))
    }

    @Test func `all together have at most twice the maximum`() {
        #expect(!accepts("z", beside: ["a": 8, "b": 4, "c": 2, "d": 2], 8))
        #expect(!accepts("b", beside: ["a": 1], 1), "a half of one is none")
        #expect(!QueueBound(maximum: 8, extra: 0).accepts("b", count: 8) { ["a": 8] })
        #expect(QueueBound(maximum: 8, extra: 1).accepts("b", count: 8) { ["a": 8] })
    }
}
