import MartletTesting
import Testing

struct GateTests {
    @Test func `an open gate releases current and later waiters`() async throws {
        let gate = Gate()
        #expect(!gate.isOpen)
        let waiting = Task { try await gate.pass() }
        gate.open()
        try await waiting.value
        try await gate.pass()
        #expect(gate.isOpen)
    }

    @Test func `a waiter at a closed gate can be cancelled`() async {
        let gate = Gate()
        let waiting = Task { try await gate.pass() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(!gate.isOpen)
    }
}
