import Martlet
import MartletTestSupport
import Synchronization
import Testing

@testable import MartletEngine

/// Generations in this process, without a server.
@Suite(.timeLimit(.minutes(2)))
struct EngineGenerateTests {
    private let engine = Engine(MarkovModel(), name: "letters")

    private func request(_ prompt: String, maxTokens: Int = 90, seed: Int = 1) -> TokenRequest {
        var request = TokenRequest(
            model: "letters", promptTokenIDs: engine.encode(prompt, model: "letters"), maxTokens: maxTokens)
        request.sampling.ignoresEndOfText = true
        request.sampling.seed = seed
        return request
    }

    private func tokens(_ events: [StreamEvent]) -> [Int] { events.compactMap { $0.token?.id } }

    private func collect(_ events: GenerationEvents) async throws -> [StreamEvent] {
        var collected: [StreamEvent] = []
        for try await event in events { collected.append(event) }
        return collected
    }

    /// Computes 50 tokens beside whatever else the engine has to do.
    private func runOther() async throws {
        #expect(tokens(try await collect(engine.generate(request("x", maxTokens: 50)))).count == 50)
    }

    @Test func `events are those that a sink receives`() async throws {
        let received = Mutex<[StreamEvent]>([])
        try await engine.generateFromTokens(
            request("abc"), to: StreamSink { event in received.withLock { $0.append(event) } })
        let events = try await collect(engine.generate(request("abc")))
        #expect(events.first == .usage(promptTokens: 3))
        #expect(Array(events.dropFirst()) == received.withLock { $0 })
        #expect(tokens(events).count == 90)
        #expect(events.last == .finish(.length))
    }

    @Test func `a chat generates whole text, and ends at its stop strings`() async throws {
        var chat = ChatRequest(model: "letters", messages: [.user("a")], maxTokens: 20)
        chat.sampling.temperature = 0
        var text = ""
        for try await piece in engine.generate(chat).text { text += piece }
        #expect(text.count > 5)
        chat.stop = [String(text.dropFirst(3).prefix(2))]
        var stopped = ""
        for try await piece in engine.generate(chat).text { stopped += piece }
        #expect(text.hasPrefix(stopped) && stopped.count < 5)
        let events = try await collect(engine.generate(chat))
        #expect(events.last?.finishReason == .stop)
    }

    @Test func `a text is continued`() async throws {
        var pieces: [String] = []
        let sampling = SamplingParameters(temperature: 0)
        for try await piece in engine.generate("ab", maxTokens: 4, sampling: sampling).text { pieces.append(piece) }
        #expect(pieces == ["c", "d", "e", "f"])
    }

    @Test func `choices come together, each with its end`() async throws {
        var request = request("abc", maxTokens: 5)
        request.n = 3
        request.bestOf = 3
        let events = try await collect(engine.generate(request))
        for choice in 0..<3 {
            #expect(events.count { $0.choice == choice && $0.token != nil } == 5)
            #expect(events.count { $0.choice == choice && $0.finishReason == .length } == 1)
        }
    }

    @Test func `several generations at once get what each gets alone`() async throws {
        let engine = engine
        let requests = (0..<20).map { request("abc", maxTokens: 40, seed: $0) }
        let together = try await withThrowingTaskGroup { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, try await Array(engine.generate(request))) }
            }
            return try await group.reduce(into: [Int: [StreamEvent]]()) { $0[$1.0] = $1.1 }
        }
        #expect(Set(together.values.map(tokens)).count > 10)
        for (index, request) in requests.enumerated() {
            let alone = try await collect(engine.generate(request))
            #expect(tokens(together[index] ?? []) == tokens(alone))
        }
    }

    @Test func `the engine runs ahead of a slow consumer by a bounded number of events, and resumes`() async throws {
        var iterator = engine.generate(request("abc")).makeAsyncIterator()
        var events = [try await iterator.next()]
        try await runOther()
        // 90 tokens would have been computed by now without a bound.
        try await runOther()
        #expect(engine.counters.generatedTokens <= 100 + EventBuffer.highWater + 1)
        while let event = try await iterator.next() { events.append(event) }
        #expect(tokens(events.compactMap(\.self)).count == 90)
        #expect(try await iterator.next() == nil)
    }

    @Test func `leaving the loop ends the generation`() async throws {
        for try await event in engine.generate(request("abc")) where event.token != nil { break }
        try await eventually { engine.counters.running == 0 }
        #expect(engine.counters.generatedTokens < 90)
        try await runOther()
    }

    @Test func `cancelling the consuming task ends the generation`() async throws {
        let engine = engine
        let request = request("abc")
        let (events, continuation) = AsyncStream<StreamEvent>.makeStream()
        let task = Task {
            var iterator = engine.generate(request).makeAsyncIterator()
            while let event = try await iterator.next() {
                continuation.yield(event)
                // Until it is cancelled.
                while !Task.isCancelled { await Task.yield() }
            }
        }
        for await _ in events.prefix(1) {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await eventually { engine.counters.running == 0 }
        try await runOther()
    }

    @Test func `a consumer that waits is woken by its cancellation`() async throws {
        let buffer = EventBuffer(wake: {})
        let task = Task { try await buffer.next() }
        await Task.yield()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(buffer.isCancelled)
    }

    @Test func `a sequence that nobody iterates generates nothing, and each iteration generates anew`() async throws {
        let events = engine.generate(request("abc", maxTokens: 5))
        #expect(engine.counters.steps == 0)
        let first = try await collect(events)
        #expect(try await collect(events) == first)
        try await eventually { engine.counters.generatedTokens == 10 }
    }

    @Test func `a request that is refused throws from its first event, once`() async throws {
        var iterator = engine.generate(request("abc", maxTokens: 1000)).makeAsyncIterator()
        var tooLong = engine.generate(String(repeating: "a", count: 200)).makeAsyncIterator()
        #expect(try await iterator.next() == .usage(promptTokens: 3))
        await #expect(throws: BackendError.self) { try await tooLong.next() }
        #expect(try await tooLong.next() == nil)
        var tools = ChatRequest(model: "letters", messages: [.user("a")])
        tools.tools = [ToolDefinition(name: "f")]
        await #expect(throws: BackendError.self) { try await collect(engine.generate(tools)) }
    }

    @Test func `a negative max_tokens is refused, and 0 generates nothing`() async throws {
        var chat = ChatRequest(model: "letters", messages: [.user("a")])
        for count in [-1, .min] {
            chat.maxTokens = count
            for events in [
                engine.generate("abc", maxTokens: count), engine.generate(request("abc", maxTokens: count)),
                engine.generate(chat),
            ] {
                let error = await #expect(throws: BackendError.self) { try await collect(events) }
                #expect(error?.error.param == "max_tokens")
                #expect(error?.error.status == 400)
            }
        }
        chat.maxTokens = 0
        for events in [engine.generate("abc", maxTokens: 0), engine.generate(chat)] {
            let events = try await collect(events)
            #expect(tokens(events).isEmpty)
            #expect(events.last == .finish(.length))
        }
    }

    @Test func `a shutdown ends a generation with an error, and later ones are refused`() async throws {
        var iterator = engine.generate(request("abc")).makeAsyncIterator()
        #expect(try await iterator.next() != nil)
        // The consumer's credit is not enough for all tokens, so the generation cannot have ended.
        await engine.shutdown()
        let ended = await #expect(throws: BackendError.self) { while try await iterator.next() != nil {} }
        let refused = await #expect(throws: BackendError.self) { try await collect(engine.generate("abc")) }
        for error in [ended, refused] {
            #expect(error?.error.message == "The model has been stopped.")
            #expect(error?.error.status == 503)
        }
    }

    @Test func `text has whole characters`() async throws {
        let bytes = Array("é😀".utf8)
        let events = GenerationEvents {
            let buffer = EventBuffer(wake: {})
            for byte in bytes { buffer.offer(.token(Token(bytes: [byte]))) }
            buffer.offer(.reasoning("not text"))
            buffer.offer(.text("!", choice: 1))
            buffer.offer(.token(Token(bytes: [0xF0])))
            buffer.end(.success(()))
            return buffer
        }
        var pieces: [String] = []
        for try await piece in events.text { pieces.append(piece) }
        #expect(pieces == ["é", "😀", "\u{FFFD}"])
    }

    @Test func `credit ends at the high-water mark and returns at the low-water mark, with one wake-up`() async throws {
        let wakeUps = Mutex(0)
        let buffer = EventBuffer(wake: { wakeUps.withLock { $0 += 1 } })
        for _ in 1..<EventBuffer.highWater { buffer.offer(.text("a")) }
        #expect(buffer.hasCredit)
        buffer.offer(.text("a"))
        #expect(!buffer.hasCredit)
        for _ in 1..<EventBuffer.highWater - EventBuffer.lowWater { _ = try await buffer.next() }
        #expect(!buffer.hasCredit)
        _ = try await buffer.next()
        #expect(buffer.hasCredit)
        #expect(wakeUps.withLock { $0 } == 1)
        buffer.end(.success(()))
        for _ in 0..<EventBuffer.lowWater { #expect(try await buffer.next() == .text("a")) }
        #expect(try await buffer.next() == nil)
    }

    @Test func `an engine's writer that is dropped ends the events with an error`() async throws {
        let buffer = EventBuffer(wake: {})
        do { _ = EventWriter(buffer) }
        await #expect(throws: BackendError.self) { try await buffer.next() }
    }
}

extension Array where Element == StreamEvent {
    fileprivate init(_ events: GenerationEvents) async throws {
        self = []
        for try await event in events { append(event) }
    }
}
