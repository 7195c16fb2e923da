import MartletUV
import Testing

struct LoopBoundTests {
    @Test func `a value changes on its loop and is referenced elsewhere`() async throws {
        try await EventLoop.with { loop in
            let bound = LoopBound([Int](), on: loop)
            for number in 0..<3 { await loop.run { bound.withValue { $0.append(number) } } }
            #expect(await loop.run { bound.withValue { $0 } } == [0, 1, 2])
        }
    }

    @Test func `accessing a value from another thread traps`() async {
        await #expect(processExitsWith: .failure) {
            let bound = LoopBound(1, on: try EventLoop())
            bound.withValue { $0 += 1 }
        }
    }
}
