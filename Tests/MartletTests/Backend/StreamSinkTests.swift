import Synchronization
import Testing

@testable import Martlet

struct StreamSinkTests {
    private struct Failure: Error {}

    @Test func `a closure sink receives each event as it is emitted`() async throws {
        let events = Mutex<[StreamEvent]>([])
        let sink = StreamSink { event in events.withLock { $0.append(event) } }
        try await sink.emit("a")
        #expect(events.withLock { $0 } == [.text("a")])
        try await sink.emit("b", choice: 1)
        let rest: [StreamEvent] = [
            .token(Token(id: 1, bytes: [0xE2], logprob: -0.5), choice: 2), .reasoning("hm"),
            .toolCall(ToolCallFragment(index: 0, id: "call_1", name: "f", arguments: "{")),
            .usage(promptTokens: 1, cachedTokens: 0), .finish(.contentFilter, choice: 1),
        ]
        for event in rest { try await sink.emit(event) }
        #expect(events.withLock { $0 } == [.text("a"), .text("b", choice: 1)] + rest)
    }

    @Test func `emit throws what the closure throws`() async {
        let sink = StreamSink { _ in throw Failure() }
        await #expect(throws: Failure.self) { try await sink.emit("a") }
        await #expect(throws: Failure.self) { try await sink.emit(.finish(.stop)) }
    }

    @Test func `a closure sink is cancelled with the calling task`() async {
        let sink = StreamSink { _ in }
        #expect(!sink.isCancelled)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return sink.isCancelled
        }
        task.cancel()
        #expect(await task.value)
        #expect(!sink.isCancelled)
    }

    @Test func `many tasks may emit at once`() async throws {
        let counts = Mutex<[Int: Int]>([:])
        let sink = StreamSink { event in counts.withLock { $0[event.choice, default: 0] += 1 } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for choice in 0..<8 {
                group.addTask { for _ in 0..<100 { try await sink.emit("a", choice: choice) } }
            }
            try await group.waitForAll()
        }
        #expect(counts.withLock { $0 } == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, 100) }))
    }
}
