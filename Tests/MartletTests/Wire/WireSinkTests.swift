import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// Correct and incorrect uses of a sink by backends.
@Suite(.serialized)
struct WireSinkTests {
    private struct Wrapped: Error {}

    @Test func `choices may be emitted from many tasks at once, and each stays in order`() async throws {
        let backend = ChatProbe(capabilities: .choices) { request, sink in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for choice in 0..<request.n {
                    group.addTask {
                        for number in 0..<100 { try await sink.emit("\(number),", choice: choice) }
                    }
                }
                try await group.waitForAll()
            }
        }
        let expected = JSONValue.string((0..<100).map { "\($0)," }.joined())
        try await withClient(of: backend) { client, server in
            let choices = try await client.chat(#""n":4"#).json()["choices"]?.array
            #expect(choices?.map { $0["message"]?["content"] } == Array(repeating: expected, count: 4))
            let response = try await client.chat(#""n":4,"stream":true"#)
            var texts = Array(repeating: "", count: 4)
            for event in response.events.dropLast() {
                let choice = try JSONValue(parsing: Array(event.utf8.dropFirst(6)))["choices"]?[0]
                texts[choice?["index"]?.number?.int ?? 0] += choice?["delta"]?["content"]?.string ?? ""
            }
            #expect(texts.map(JSONValue.string) == Array(repeating: expected, count: 4))
            #expect(server.counters.generatedTokens == 800)
        }
    }

    @Test func `an emit after the end throws and changes nothing`() async throws {
        let kept = Mutex<StreamSink?>(nil)
        let backend = ChatProbe { _, sink in
            kept.withLock { $0 = sink }
            try await sink.emit("a")
        }
        try await withClient(of: backend) { client, server in
            for more in ["", #""stream":true"#] {
                _ = try await client.chat(more)
                let sink = try #require(kept.withLock { $0 })
                #expect(sink.isCancelled)
                await #expect(throws: CancellationError.self) { try await sink.emit("late") }
            }
            #expect(try await client.ask(.get, "/health").text == #"{"status":"ok"}"#)
            #expect(server.counters.generatedTokens == 2)
        }
    }

    @Test func `a complete reply stays complete if its backend throws another error`() async throws {
        let backend = ChatProbe { _, sink in
            do {
                while true { try await sink.emit("word ") }
            } catch {
                throw Wrapped()
            }
        }
        try await withClient(of: backend) { client, _ in
            let choice = try await client.chat(#""max_tokens":3"#).json()["choices"]?[0]
            #expect(choice?["message"]?["content"] == "word word word ")
            #expect(choice?["finish_reason"] == "length")
        }
    }

    @Test func `a backend that ignores a disconnected client leaks nothing`() async throws {
        let (gone, over) = (Gate(), Gate())
        let backend = ChatProbe { _, sink in
            while !gone.isOpen {
                await Task.yield()
                if sink.isCancelled { gone.open() }
            }
            for _ in 0..<10 { try? await sink.emit("to nobody") }
            over.open()
        }
        try await withClient(of: backend) { client, server in
            try await client.sendChat(#""stream":true"#)
            try await eventually { server.counters.running == 1 }
            await client.reset()
            try await eventually { over.isOpen && server.counters.tasks == 0 && server.counters.running == 0 }
            #expect(server.counters.generatedTokens == 0)
        }
    }

    @Test func `a prompt that fails ends the stream of all prompts`() async throws {
        let backend = CompletionProbe(maxConcurrency: 1) { request, sink in
            if request.promptTokenIDs == [2] { throw BackendError.failed("Broke.") }
            try await sink.emit("a")
        }
        try await withClient(of: backend) { client, server in
            let response = try await client.ask(
                .post, "/v1/completions", body: #"{"prompt":[[1],[2],[3]],"stream":true}"#)
            let reply = try ReplyEnvelope(of: response)
            #expect(
                response.text == reply.completion("a") + reply.completion("", finish: #""stop""#)
                    + #"data: {"error":{"message":"Broke.","type":"server_error","param":null,"code":"server_error"}}"#
                    + "\n\n" + ReplyEnvelope.done)
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
            #expect(try await client.ask(.get, "/health").code == 200)
        }
    }

    @Test func `one event may be larger than every buffer`() async throws {
        let text = String(repeating: "ü", count: 1 << 20)
        try await withClient(of: ScriptedBackend([.text(text)])) { client, _ in
            let whole = try await client.chat().json()
            #expect(whole["choices"]?[0]?["message"]?["content"] == .string(text))
            let stream = try await client.chat(#""stream":true"#)
            #expect(stream.events.count == 4)
            #expect(stream.text.contains(#""content":"\#(text)""#))
        }
    }
}
