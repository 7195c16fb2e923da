import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

@testable import Martlet

struct ServedBackendTests {
    private final class Counting: Tokenizing {
        let shutdowns = Atomic<Int>(0)
        let encoding = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        let gate = Gate()
        let maxConcurrency = 2
        let schedulesItself: Bool

        init(schedulesItself: Bool = false) { self.schedulesItself = schedulesItself }

        func listModels() -> [Model] { ["counting"] }
        func applyTemplate(_ request: ChatRequest) -> [Int] { [] }
        func decode(_ tokenIDs: [Int], model: String) -> String { "" }
        func encode(_ text: String, model: String) async throws -> [Int] {
            let now = encoding.add(1, ordering: .relaxed).newValue
            most.max(now, ordering: .relaxed)
            try await gate.pass()
            encoding.subtract(1, ordering: .relaxed)
            return [1]
        }
        func shutdown() async { shutdowns.add(1, ordering: .relaxed) }
    }

    private func served(_ backend: any Backend) async throws -> ServedBackend {
        try await ServedBackend.start(backend, configuration: ServerConfiguration(), gauges: Gauges())
    }

    @Test func `a replaced backend is shut down after its last request`() async throws {
        let backend = Counting()
        var host: ServedBackend? = try await served(backend)
        var lease = host.map { ServedModel("counting", of: $0, startTime: 0) }
        host = nil
        #expect(backend.shutdowns.load(ordering: .relaxed) == 0)
        #expect(lease?.id == "counting")
        lease = nil
        try await eventually { backend.shutdowns.load(ordering: .relaxed) == 1 }
    }

    @Test func `a backend is shut down once`() async throws {
        let backend = Counting()
        var host: ServedBackend? = try await served(backend)
        await host?.shutdown()
        await host?.shutdown()
        host = nil
        #expect(backend.shutdowns.load(ordering: .relaxed) == 1)
    }

    @Test(arguments: [false, true])
    func `no more requests are tokenized at once than may generate`(schedulesItself: Bool) async throws {
        let backend = Counting(schedulesItself: schedulesItself)
        let model = ServedModel("counting", of: try await served(backend), startTime: 0)
        try await withThrowingTaskGroup(of: [[Int]].self) { group in
            for _ in 0..<8 {
                group.addTask { try await model.tokenIDs(of: [.text("a")], param: "prompt", maxTokens: 1) }
            }
            try await eventually { backend.encoding.load(ordering: .relaxed) == 2 }
            backend.gate.open()
            for try await ids in group { #expect(ids == [[1]]) }
        }
        #expect(backend.most.load(ordering: .relaxed) == 2)
        await model.host.shutdown()
    }
}
