import Testing

@testable import MartletEngine

struct WaitingQueueTests {
    private let first = EngineRequest.ID(number: 10)
    private let second = EngineRequest.ID(number: 20)

    private func line(_ numbers: [(UInt64, EngineRequest.ID)]) -> WaitingQueue {
        var line = WaitingQueue()
        for (number, request) in numbers { line.insert(Generation.ID(number: number), of: request) }
        return line
    }

    private func next(
        _ limit: Int, of line: WaitingQueue, shares: [EngineRequest.ID: Int] = [:], excluding paused: [UInt64] = []
    ) -> [UInt64] {
        line.next(limit, shares: shares, excluding: Set(paused.map(Generation.ID.init))).map(\.number)
    }

    @Test func `requests take turns, the older one first`() {
        let line = line([(21, second), (22, second), (13, first), (11, first), (12, first)])
        #expect(line.count == 5)
        #expect(line.all.map(\.number) == [11, 12, 13, 21, 22])
        #expect(next(9, of: line) == [11, 21, 12, 22, 13])
        #expect(next(2, of: line) == [11, 21])
        #expect(next(0, of: line) == [])
    }

    @Test func `the request with the fewest running generations is next`() {
        let line = line([(11, first), (12, first), (21, second)])
        #expect(next(3, of: line, shares: [first: 1]) == [21, 11, 12])
        #expect(next(3, of: line, shares: [first: 1, second: 3]) == [11, 12, 21])
    }

    @Test func `paused generations are left out`() {
        let line = line([(11, first), (12, first), (21, second)])
        #expect(next(3, of: line, excluding: [11]) == [12, 21])
        #expect(next(3, of: line, excluding: [11, 12, 21]) == [])
    }

    @Test func `removed generations are gone, and unknown ones are ignored`() {
        var line = line([(11, first), (21, second)])
        line.remove(Generation.ID(number: 11), of: first)
        line.remove(Generation.ID(number: 11), of: first)
        line.remove(Generation.ID(number: 21), of: first)
        #expect(line.count == 1)
        #expect(next(3, of: line) == [21])
        line.remove(Generation.ID(number: 21), of: second)
        #expect(line.count == 0)
        #expect(next(3, of: line) == [])
    }

    @Test func `new requests wait in a fair queue, and come before further choices`() {
        var line = line([(11, first), (12, first)])
        for (number, principal) in [(30, "a"), (40, "a"), (50, "b")] as [(UInt64, String)] {
            line.insert(
                first: Generation.ID(number: number + 1), of: EngineRequest.ID(number: number), cost: 10,
                principal: principal, deadline: nil)
        }
        #expect(line.all.map(\.number) == [11, 12, 31, 41, 51])
        #expect(next(5, of: line, shares: [first: 1]) == [31, 51, 41, 11, 12])
        #expect(next(2, of: line, shares: [first: 1], excluding: [31]) == [41, 51])
        line.admit(Generation.ID(number: 31), of: EngineRequest.ID(number: 30))
        #expect(next(4, of: line, shares: [first: 1]) == [51, 41, 11, 12])
        line.remove(Generation.ID(number: 51), of: EngineRequest.ID(number: 50))
        line.remove(Generation.ID(number: 51), of: EngineRequest.ID(number: 50))
        #expect(next(4, of: line) == [11, 41, 12])
        #expect(line.count == 3)
    }
}
