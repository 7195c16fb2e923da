import MartletTesting
import Testing

struct GateTests {
    @Test func `a gate lets pass who waits when it opens, and who comes after`() async throws {
        let gate = Gate()
        #expect(!gate.isOpen)
        let waiting = Task { try await gate.pass() }
        gate.open()
        try await waiting.value
        try await gate.pass()
        #expect(gate.isOpen)
    }

    @Test func `who waits at a closed gate can be cancelled`() async {
        let gate = Gate()
        let waiting = Task { try await gate.pass() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(!gate.isOpen)
    }
}
