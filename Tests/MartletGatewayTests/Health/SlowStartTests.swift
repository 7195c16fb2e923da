import Testing

@testable import MartletGateway

struct SlowStartTests {
    @Test func `the weight rises linearly from a tenth to all`() {
        let start = SlowStart()
        #expect(start.weight(after: .zero) == 0.1)
        #expect(start.weight(after: .seconds(5)) == 0.55)
        #expect(start.weight(after: .seconds(10) - .nanoseconds(1)) < 1)
        #expect(start.weight(after: .seconds(10)) == 1)
        #expect(start.weight(after: .seconds(10_000)) == 1)
        #expect(start.weight(after: .seconds(-1)) == 0.1)
    }

    @Test func `without a duration there is no slow start`() {
        #expect(SlowStart(duration: .zero).weight(after: .zero) == 1)
        #expect(SlowStart(duration: .zero).weight(after: .seconds(-1)) == 1)
    }
}
