import MartletHTTP
import MartletJSON
import MartletUV
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
}
