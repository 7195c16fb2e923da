import Foundation
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import MartletUV
import Testing

@testable import Martlet

/// The resolution of names to models, without a server.
struct ModelRegistryTests {
    private struct Listing: ChatBackend {
        var models: [Model]
        var resolvesUnknownModels = false
        func listModels() -> [Model] { models }
        func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {}
    }

    private func models(
        _ lists: [[Model]], resolvesUnknown: Bool = false, _ configuration: ServerConfiguration = ServerConfiguration()
    ) async throws -> ModelRegistry.Models {
        var served: [ServedBackend] = []
        for list in lists {
            served.append(
                try await ServedBackend.start(
                    Listing(models: list, resolvesUnknownModels: resolvesUnknown), configuration: configuration,
                    gauges: Gauges()))
        }
        return try await ModelRegistry(served, configuration: configuration, startTime: 7).models
    }

    @Test func `models are listed in the order of their backends, followed by aliases in the order of names`()
        async throws
    {
        let models = try await models([["a", "b"], ["c"]], .with(\.modelAliases, ["z": "c", "y": "a", "x": "gone"]))
        #expect(models.names.map(\.name) == ["a", "b", "c", "y", "z"])
        #expect(models.names.map(\.model.id) == ["a", "b", "c", "a", "c"])
        #expect(try models.resolve("y").aliases == ["y"])
        #expect(models.listed("x") == nil)
    }

    @Test func `each name resolves to the backend that lists it`() async throws {
        let models = try await models([["a"], ["b"]])
        #expect(try models.resolve("a").host === models.backends[0])
        #expect(try models.resolve("b").host === models.backends[1])
        #expect(throws: OpenAIError.modelNotFound("c")) { try models.resolve("c") }
    }

    @Test func `a request without a model name gets the only model, or the default`() async throws {
        #expect(try await models([["a"]]).resolve(nil).id == "a")
        await #expect(throws: OpenAIError.self) { try await models([["a"], ["b"]]).resolve(nil) }
        #expect(try await models([["a"], ["b"]], .with(\.defaultModel, "b")).resolve(nil).id == "b")
        var configuration = ServerConfiguration()
        configuration.modelAliases = ["usual": "b"]
        configuration.defaultModel = "usual"
        #expect(try await models([["a", "b"]], configuration).resolve(nil).id == "b")
    }

    @Test func `a default model that is not served is refused at the start`() async throws {
        let error = await #expect(throws: ServerError.self) {
            try await models([["a"], ["b"]], .with(\.defaultModel, "c"))
        }
        #expect(error?.description == #"the default model "c" is not served; there are "a", "b""#)
    }

    @Test func `an id that is served twice is refused at the start, and both are named`() async throws {
        let error = await #expect(throws: ServerError.self) { try await models([["a"], ["b", "a"]]) }
        #expect(
            error?.description
                == #"backend 1 (Listing) and backend 2 (Listing) both serve a model "a": give one another id"#)
        let other = await #expect(throws: ServerError.self) { try await models([["a", "a"]]) }
        #expect(other?.description == #"backend 1 (Listing) lists the model "a" twice"#)
    }

    @Test func `ids take precedence over aliases, and listed names over names that a backend would accept`()
        async throws
    {
        var models = try await models([["a", "b"]], .with(\.modelAliases, ["a": "b"]))
        #expect(try models.resolve("a").id == "a")
        #expect(models.names.map(\.name) == ["a", "b"])
        models = try await self.models([["a"]], resolvesUnknown: true, .with(\.modelAliases, ["x": "a"]))
        #expect(try models.resolve("x").id == "a")
        #expect(try models.resolve("gpt-4o").id == "gpt-4o")
    }

    @Test func `the first model may be served under every name, and keeps its own`() async throws {
        let models = try await models([["a"], ["b"]], .with(\.acceptsAnyModel, true))
        #expect(try models.resolve("x").id == "a")
        #expect(try models.resolve("b").id == "b")
        #expect(try models.resolve(nil).id == "a")
    }

    @Test func `properties that a model lacks come from its backend and the server`() async throws {
        let models = try await models([[Model(id: "a", created: 3, ownedBy: "me"), "b"]])
        #expect(models.all.map(\.created) == [3, 7])
        #expect(models.all.map(\.owner) == ["me", "martlet"])
    }

    @Test func `a server becomes ready once every backend was ready, and is not ready when no backend is`() async throws
    {
        let (one, two) = (ScriptedBackend(), ScriptedBackend())
        (one.isReady, two.isReady) = (true, false)
        var other = two
        other.models = ["other"]
        var served: [ServedBackend] = []
        for backend in [one, other] {
            served.append(
                try await ServedBackend.start(backend, configuration: ServerConfiguration(), gauges: Gauges()))
        }
        let models = try await ModelRegistry(served, configuration: ServerConfiguration(), startTime: 0).models
        #expect(!models.isReady)
        two.isReady = true
        #expect(models.isReady)
        one.isReady = false
        #expect(models.isReady)
        two.isReady = false
        #expect(!models.isReady)
    }

    @Test func `any name is the default model's, where there is one`() async throws {
        var configuration = ServerConfiguration()
        configuration.acceptsAnyModel = true
        configuration.defaultModel = "b"
        let models = try await models([["a"], ["b"]], configuration)
        #expect(try models.resolve("x").id == "b")
        #expect(try models.resolve("a").id == "a")
        #expect(try models.resolve(nil).id == "b")
    }

    @Test func `lists that are read at once are kept in the order in which they were asked for`() async throws {
        final class Slow: Backend {
            let gate = Gate()
            let lists = Locked(0)
            func listModels() async throws -> [Model] {
                let number = lists.withLock { number in
                    number += 1
                    return number
                }
                if number == 2 { try await gate.pass() }
                return [Model(id: "\(number)")]
            }
        }
        let slow = Slow()
        let backend = try await ServedBackend.start(slow, configuration: ServerConfiguration(), gauges: Gauges())
        let registry = try await ModelRegistry([backend], configuration: ServerConfiguration(), startTime: 0)
        async let first: Void = registry.refresh()
        try await eventually { slow.lists.withLock { $0 } == 2 }
        async let second: Void = registry.refresh()
        slow.gate.open()
        _ = await (first, second)
        #expect(registry.models.all.map(\.id) == ["3"])
        registry.stop()
        await registry.refresh()
        #expect(registry.models.all.map(\.id) == ["3"])
    }

    @Test func `a request is resolved while a backend is slow to say what its models can`() async throws {
        final class SlowBackend: Backend {
            let isSlow = Locked(false)
            let gate = Gate()
            func listModels() -> [Model] { ["slow"] }
            func capabilities(of model: String) -> Capabilities {
                let waits = isSlow.withLock { $0 }
                while waits && !gate.isOpen { usleep(500) }
                return []
            }
        }
        let slow = SlowBackend()
        let backend = try await ServedBackend.start(slow, configuration: ServerConfiguration(), gauges: Gauges())
        let registry = try await ModelRegistry([backend], configuration: ServerConfiguration(), startTime: 0)
        slow.isSlow.withLock { $0 = true }
        let refresh = Task { await registry.refresh() }
        try await Task.sleep(for: .milliseconds(20))
        #expect(try registry.models.resolve("slow").id == "slow")
        slow.gate.open()
        await refresh.value
    }

    @Test func `a reload asks every backend, and keeps the last list of one that fails`() async throws {
        final class Growing: Backend {
            let lists = Locked(0)
            func listModels() throws -> [Model] {
                let number = lists.withLock { number in
                    number += 1
                    return number
                }
                if number == 3 { throw BackendError.unavailable("Not now.") }
                return (1...number).map { Model(id: "\($0)") }
            }
        }
        let backend = try await ServedBackend.start(
            Growing(), configuration: ServerConfiguration(), gauges: Gauges())
        let registry = try await ModelRegistry([backend], configuration: ServerConfiguration(), startTime: 0)
        for count in [2, 2, 4] {
            await registry.refresh()
            #expect(registry.models.all.count == count)
        }
    }
}
