import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletUV
import Synchronization
import Testing

@testable import Martlet

struct ModelRequestTests {
    @Test(arguments: [false, true])
    func `the JSON of a large body is freed in every copy of its request`(isLarge: Bool) async throws {
        let host = try await ServedBackend.start(
            BareBackend(), configuration: ServerConfiguration(), gauges: Gauges())
        let loop = try EventLoop()
        let request = ModelRequest(
            http: HTTPRequest(
                head: try RoutePathDecisionTests.head("POST", "/v1/completions"), body: [], requestID: "", uniqueID: ""),
            response: ResponseBuffer(on: loop) {}, body: ["prompt": "x"],
            model: ServedModel("bare", of: host, startTime: 0), isLarge: isLarge)
        let copy = request
        #expect(copy.body == ["prompt": "x"])
        request.dropLargeJSON()
        #expect(copy.body == (isLarge ? [:] : ["prompt": "x"]))
        await loop.stop()
        await host.shutdown()
    }

    @Test func `principals share a backend's permits, and the backend receives the principal`() async throws {
        let gate = Gate()
        let served = Mutex<[String]>([])
        var backend = ChatProbe { request, _ in
            try await gate.pass()
            served.withLock { $0.append("\(request.context.principal?.id ?? "nobody") \(request.lastUserText)") }
        }
        backend.maxConcurrency = 1
        let service = try await Service(backend)
        let model = try service.registry.models.resolve("scripted")
        let loop = try EventLoop()
        var tasks: [Task<Void, any Error>] = []
        for (number, text) in ["a0", "a1", "a2", "b1", "1"].enumerated() {
            let request = ModelRequest(
                http: HTTPRequest(
                    head: try RoutePathDecisionTests.head("POST", "/v1/chat/completions"), body: [], requestID: "",
                    uniqueID: ""),
                response: ResponseBuffer(on: loop) {},
                body: ["messages": [["role": "user", "content": .string(text)]], "max_tokens": 10], model: model,
                isLarge: false, principal: text.first == "1" ? nil : Principal(String(text.prefix(1))))
            tasks.append(Task { @Sendable [request] in try await service.chatCompletions(request) })
            try await eventually { service.gauges.running.value == 1 && service.gauges.waiting.value == number }
        }
        gate.open()
        for task in tasks { try await task.value }
        #expect(served.withLock { $0 } == ["a a0", "a a1", "b b1", "nobody 1", "a a2"])
        await loop.stop()
        await model.host.shutdown()
    }
}
