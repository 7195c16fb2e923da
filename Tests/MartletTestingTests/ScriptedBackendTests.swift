import Martlet
import MartletTesting
import Testing

struct ScriptedBackendTests {
    private struct Oops: Error {}

    /// What a call emits, and how it ends.
    private func play(_ backend: ScriptedBackend) async -> (text: String, error: (any Error)?) {
        let (events, continuation) = AsyncStream.makeStream(of: StreamEvent.self)
        var failure: (any Error)?
        do {
            try await backend.chatCompletionStream(
                ChatRequest(model: "scripted", messages: []), to: StreamSink { continuation.yield($0) })
        } catch {
            failure = error
        }
        continuation.finish()
        var text = ""
        for await event in events where event == .text("a") || event == .text("b") {
            text += event == .text("a") ? "a" : "b"
        }
        return (text, failure)
    }

    @Test func `each call plays its script, and later calls the last one`() async {
        let backend = ScriptedBackend([.text("a")], [.text("b"), .text("b")])
        #expect(await play(backend).text == "a")
        #expect(await play(backend).text == "bb")
        #expect(await play(backend).text == "bb")
        #expect(backend.started == 3)
        #expect(backend.finished == 3)
    }

    @Test func `a failing step ends its script and is counted`() async {
        let backend = ScriptedBackend([.text("a"), .fail(Oops()), .text("b")])
        let (text, error) = await play(backend)
        #expect(text == "a")
        #expect(error is Oops)
        #expect((backend.started, backend.finished, backend.failed, backend.cancelled) == (1, 0, 1, 0))
    }

    @Test func `a hanging script ends when its task is cancelled`() async {
        let backend = ScriptedBackend([.hang])
        let task = Task { await play(backend).error }
        task.cancel()
        #expect(await task.value is CancellationError)
        #expect((backend.finished, backend.failed, backend.cancelled) == (0, 0, 1))
    }

    @Test func `a backend without a script emits nothing`() async {
        let backend = ScriptedBackend()
        #expect(await play(backend).text.isEmpty)
        #expect(backend.finished == 1)
    }

    @Test func `copies share their counts and their readiness`() async {
        let backend = ScriptedBackend([.text("a")], [])
        var copy = backend
        copy.maxConcurrency = 1
        _ = await play(copy)
        copy.isReady = false
        #expect(backend.started == 1)
        #expect(!backend.isReady)
        #expect(await play(backend).text.isEmpty)
    }

    @Test func `an embedding plays its script and gives a vector for each input`() async throws {
        let backend = ScriptedBackend([.text("a")], [.fail(Oops())])
        let request = EmbeddingRequest(model: "scripted", inputs: [.text("x"), .tokenIDs([1])])
        #expect(try await backend.embeddings(for: request).vectors == [[0, 0.5], [1, 0.5]])
        await #expect(throws: Oops.self) { try await backend.embeddings(for: request) }
    }
}
