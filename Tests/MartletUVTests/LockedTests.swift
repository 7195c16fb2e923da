import MartletUV
import Testing

struct LockedTests {
    private struct Refusal: Error {}

    @Test func `no change is lost between threads`() async {
        let count = Counted()
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1000 { count.add() } } }
        }
        #expect(count.value == 8000)
    }

    @Test func `an error releases the lock`() {
        let locked = Locked(1)
        #expect(throws: Refusal.self) {
            try locked.withLock { (value: inout Int) throws(Refusal) -> Void in
                value = 2
                throw Refusal()
            }
        }
        #expect(locked.withLock { $0 } == 2)
    }

    private final class Counted: Sendable {
        private let locked = Locked(0)
        var value: Int { locked.withLock { $0 } }
        func add() { locked.withLock { $0 += 1 } }
    }
}
