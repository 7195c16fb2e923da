import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A backend that blocks its threads, as a C library does, delays only its own calls.
@Suite(.serialized)
struct WireThreadsTests {
    /// The threads that the methods ran on, and whether they may return.
    private final class Calls: Sendable {
        private let threads = Mutex<[String: Set<UInt>]>([:])
        private let isOpen = Atomic(false)
        private let begun = Atomic(0)

        var count: Int { begun.load(ordering: .acquiring) }
        var all: [String: Set<UInt>] { threads.withLock { $0 } }

        func open() { isOpen.store(true, ordering: .releasing) }

        func record(_ method: String) {
            #if canImport(Glibc)
                let thread = UInt(pthread_self())
            #else
                let thread = UInt(bitPattern: pthread_self())
            #endif
            threads.withLock { _ = $0[method, default: []].insert(thread) }
        }

        func block() {
            begun.add(1, ordering: .acquiringAndReleasing)
            while !isOpen.load(ordering: .acquiring) { usleep(500) }
        }
    }

    private struct BlockingBackend: ChatBackend, CompletionBackend, EmbeddingBackend, Tokenizing {
        let placement: Placement
        let calls = Calls()

        func listModels() -> [Model] {
            calls.record("models")
            return ["scripted"]
        }

        func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
            calls.record("chat")
            calls.block()
            try await sink.emit("a")
            calls.record("chat")
        }

        func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
            calls.record("completion")
            try await sink.emit("a")
        }

        func embeddings(for request: EmbeddingRequest) -> Embeddings {
            calls.record("embedding")
            return Embeddings(request.inputs.map { _ in [1] })
        }

        func encode(_ text: String, model: String) -> [Int] {
            calls.record("encode")
            return Array(text.utf8).map(Int.init)
        }

        func decode(_ tokenIDs: [Int], model: String) -> String {
            calls.record("decode")
            return String(decoding: tokenIDs.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
        }

        func applyTemplate(_ request: ChatRequest) -> [Int] {
            calls.record("template")
            return [1]
        }
    }

    @Test(arguments: [1, 2])
    func `while every thread is blocked, the other endpoints respond`(count: Int) async throws {
        let backend = BlockingBackend(placement: .threads(count))
        try await withClient(
            of: backend
        ) {
            try $0.route(.get, "/own") { _, writer in writer.send(HTTPResponse(text: "own")) }
        } while: { client, server in
            defer { backend.calls.open() }
            var blocked: [RawClient] = []
            for number in 1...6 {
                let other = try await RawClient(server)
                try await other.sendChat()
                blocked.append(other)
                try await eventually { server.counters.running == number && backend.calls.count >= min(number, count) }
            }
            for path in ["/v1/models", "/v1/models/scripted", "/health", "/health/ready", "/load", "/own"] {
                #expect(try await client.ask(.get, path).code == 200)
            }
            #expect(try await client.ask(.post, "/v1/chat/completions", body: "{").code == 400)
            #expect(backend.calls.count == count)
            #expect(server.counters.running == 6)
            backend.calls.open()
            for other in blocked {
                #expect(try await other.receiveResponse().code == 200)
                await other.close()
            }
        }
    }

    @Test func `generation, embedding and tokenizing run on the threads, and other methods do not`() async throws {
        let backend = BlockingBackend(placement: .threads(1))
        backend.calls.open()
        try await withClient(of: backend) { client, _ in
            let whole = try await client.chat()
            #expect(whole.code == 200)
            #expect(try await client.chat(#""return_token_ids":true"#).code == 200)
            #expect(try await client.ask(.post, "/v1/completions", body: #"{"prompt":"ab"}"#).code == 200)
            #expect(try await client.embed(#""ab""#).code == 200)
            #expect(try await client.ask(.post, "/detokenize", body: #"{"tokens":[97]}"#).code == 200)
        }
        var threads = backend.calls.all
        let models = threads.removeValue(forKey: "models") ?? []
        #expect(Set(threads.keys) == ["chat", "completion", "embedding", "encode", "decode", "template"])
        let own = threads.values.reduce(into: Set<UInt>()) { $0.formUnion($1) }
        #expect(own.count == 1)
        #expect(models.isDisjoint(with: own))
    }

    @Test func `a server that stops does not wait for a blocked call after its drain time`() async throws {
        let backend = BlockingBackend(placement: .threads(1))
        try await withServer(backend, configuration: .with(\.drainTimeout, .milliseconds(10))) { server in
            let client = try await RawClient(server)
            try await client.sendChat()
            try await eventually { backend.calls.count == 1 }
            await client.close()
        }
        // It is still blocked.
        backend.calls.open()
    }

    @Test func `there is at least one thread`() {
        #expect(Placement.threads(0) == .threads(1))
        #expect(Placement.threads(-3) == .threads(1))
        #expect(Placement.threads(2) != .threads(1))
        #expect(Placement.threads(1) != .pool)
    }
}
