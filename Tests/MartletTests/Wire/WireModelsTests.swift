import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletUV
import Synchronization
import Testing

/// Several models behind one server, and lists that change.
struct WireModelsTests {
    /// A backend whose list can be changed, and whose listing can be made to fail.
    private final class Changing: ChatBackend {
        private let list: Locked<Result<[Model], any Error>>
        private let changes = AsyncStream.makeStream(of: Void.self)
        let lists = Atomic<Int>(0)
        let shutdowns = Atomic<Int>(0)

        init(_ models: [Model]) { list = Locked(.success(models)) }

        var modelChanges: AsyncStream<Void> { changes.stream }

        func listModels() throws -> [Model] {
            defer { lists.add(1, ordering: .relaxed) }
            return try list.withLock { try $0.get() }
        }

        func change(to models: [Model]) { change(.success(models)) }

        func change(_ result: Result<[Model], any Error>) {
            list.withLock { $0 = result }
            changes.continuation.yield()
        }

        func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
            try await sink.emit("I am \(request.model)")
        }

        func shutdown() async { shutdowns.add(1, ordering: .relaxed) }
    }

    private func named(_ id: String, _ scripts: [ScriptedStep]...) -> ScriptedBackend {
        var backend = ScriptedBackend(scripts[0])
        backend.scripts = scripts
        backend.models = [Model(id: id)]
        return backend
    }

    private func ask(_ model: String?, in client: RawClient) async throws -> HTTPResponse {
        let name = model.map { "\"model\":\"\($0)\"," } ?? ""
        return try await client.ask(
            .post, "/v1/chat/completions", body: "{\(name)\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
    }

    private func text(_ model: String?, in client: RawClient) async throws -> JSONValue? {
        try await ask(model, in: client).json()["choices"]?.array?.first?["message"]?["content"]
    }

    private func ids(in client: RawClient) async throws -> [JSONValue?] {
        try await client.ask(.get, "/v1/models").json()["data"]?.array?.map { $0["id"] } ?? []
    }

    @Test func `each request goes to the backend of its model`() async throws {
        try await withServer([named("a", [.text("A")]), named("b", [.text("B")])]) { server in
            let client = try await RawClient(server)
            #expect(try await text("a", in: client) == "A")
            #expect(try await text("b", in: client) == "B")
            try expect(try await ask("c", in: client), is: 404, param: "model", code: "model_not_found")
            try expect(try await ask(nil, in: client), is: 400, param: "model", code: "missing_required_parameter")
            #expect(try await ids(in: client) == ["a", "b"])
            await client.close()
        }
    }

    @Test func `an endpoint that only another backend implements is a 501, after 404 and before fields`()
        async throws
    {
        try await withServer([named("a", [.text("A")]), Changing(["b"])]) { server in
            let client = try await RawClient(server)
            let body = { (model: String) in #"{"model":"\#(model)","input":1}"# }
            let answered = try await client.ask(.post, "/v1/embeddings", body: #"{"model":"a","input":"x"}"#)
            #expect(answered.code == 200)
            try expect(
                try await client.ask(.post, "/v1/embeddings", body: body("b")), is: 501, "not_implemented",
                code: "not_implemented")
            try expect(
                try await client.ask(.post, "/v1/embeddings", body: body("c")), is: 404, param: "model",
                code: "model_not_found")
            await client.close()
        }
    }

    @Test func `a request without a model gets the default one`() async throws {
        let backends = [named("a", [.text("A")]), named("b", [.text("B")])]
        try await withServer(backends, configuration: .with(\.defaultModel, "b")) { server in
            let client = try await RawClient(server)
            #expect(try await text(nil, in: client) == "B")
            await client.close()
        }
    }

    @Test func `the list of models is read once for each change, and never for a request`() async throws {
        let backend = Changing(["old"])
        try await withClient(of: backend) { client, _ in
            for _ in 0..<3 { #expect(try await ids(in: client) == ["old"]) }
            #expect(try await text("old", in: client) == "I am old")
            #expect(backend.lists.load(ordering: .relaxed) == 1)
            backend.change(to: ["new", "more"])
            try await eventually { backend.lists.load(ordering: .relaxed) == 2 }
            try await eventually { try await ids(in: client) == ["new", "more"] }
            #expect(try await text("more", in: client) == "I am more")
            try expect(try await ask("old", in: client), is: 404, param: "model", code: "model_not_found")
        }
    }

    @Test func `a list that cannot be read again stays unchanged`() async throws {
        let backend = Changing(["kept"])
        try await withClient(of: backend) { client, _ in
            backend.change(.failure(BackendError.unavailable("Not now.")))
            try await eventually { backend.lists.load(ordering: .relaxed) == 2 }
            #expect(try await ids(in: client) == ["kept"])
            #expect(try await text("kept", in: client) == "I am kept")
        }
    }

    @Test func `a list that cannot be read at the start fails the start`() async throws {
        let backend = Changing([])
        backend.change(.failure(BackendError.unavailable("Not now.")))
        await #expect(throws: BackendError.self) { try await withServer(backend) { _ in } }
        #expect(backend.shutdowns.load(ordering: .relaxed) == 1)
    }

    @Test func `an id that a later change repeats stays with the first backend`() async throws {
        let backend = Changing(["b"])
        try await withServer([named("a", [.text("A")]), backend]) { server in
            let client = try await RawClient(server)
            backend.change(to: ["a", "c"])
            try await eventually { try await ids(in: client) == ["a", "c"] }
            #expect(try await text("a", in: client) == "A")
            await client.close()
        }
    }

    @Test func `a running request keeps its model when the list changes`() async throws {
        let gate = Gate()
        let backend = Changing(["old"])
        struct Waiting: ChatBackend {
            let changing: Changing
            let gate: Gate
            var modelChanges: AsyncStream<Void> { changing.modelChanges }
            func listModels() throws -> [Model] { try changing.listModels() }
            func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
                try await sink.emit("I am ")
                try await gate.pass()
                try await sink.emit(request.model)
            }
        }
        try await withClient(of: Waiting(changing: backend, gate: gate)) { client, server in
            try await client.send(
                .post, "/v1/chat/completions", body: #"{"model":"old","messages":[{"role":"user","content":"Hi"}]}"#)
            try await eventually { server.counters.running == 1 }
            backend.change(to: [])
            try await eventually { backend.lists.load(ordering: .relaxed) == 2 }
            gate.open()
            let reply = try await client.receiveResponse().json()
            #expect(reply["choices"]?.array?.first?["message"]?["content"] == "I am old")
            #expect(try await ids(in: client) == [])
        }
    }
}
