import MartletHTTP
import MartletOpenAI
import Testing

@testable import Martlet

struct OwnRoutesTests {
    private struct Bare: Backend {
        func listModels() -> [Model] { [] }
    }

    private let service = Service(Bare(), configuration: ServerConfiguration())

    private func add(_ method: HTTPMethod, _ path: String) {
        service.ownRoutes.add(method, path) { _, _ in Issue.record("a decision runs no handler") }
    }

    private func outcome(_ method: String, _ path: String) throws -> String {
        try RoutePathDecisionTests.outcome(method, path, of: service)
    }

    @Test func `a route is found by path, then by method`() throws {
        #expect(service.ownRoutes.handlers(of: "/api/send") == nil)
        add(.post, "/api/send")
        add(.delete, "/api/send")
        #expect(
            try ["POST", "DELETE", "GET", "OPTIONS"].map { try outcome($0, "/api/send") } == [
                "task", "task", "405 DELETE, OPTIONS, POST", "204 DELETE, OPTIONS, POST",
            ])
        #expect(try outcome("POST", "//api/send/") == "task")
        #expect(try outcome("POST", "/api") == "404")
        #expect(try outcome("POST", "/api/send/more") == "404")
    }

    @Test func `a route for GET answers HEAD, unless HEAD has its own`() throws {
        add(.get, "/page")
        #expect(try outcome("HEAD", "/page") == "task")
        #expect(try outcome("POST", "/page") == "405 GET, HEAD, OPTIONS")
        add(.head, "/other")
        #expect(try outcome("HEAD", "/other") == "task")
        #expect(try outcome("GET", "/other") == "405 HEAD, OPTIONS")
    }

    @Test func `a route for OPTIONS answers it itself`() throws {
        add(.options, "/page")
        #expect(try outcome("OPTIONS", "/page") == "task")
    }

    @Test func `the API's own paths cannot be replaced, what it lacks can be added`() throws {
        for path in ["/health", "/v1/chat/completions", "/v1/models/toy", "/v1/files"] { add(.put, path) }
        #expect(try outcome("PUT", "/health") == "405 GET, HEAD, OPTIONS")
        #expect(try outcome("PUT", "/v1/chat/completions") == "405 OPTIONS, POST")
        #expect(try outcome("PUT", "/v1/models/toy") == "405 GET, HEAD, OPTIONS")
        #expect(try outcome("PUT", "/v1/files") == "task")
        #expect(try outcome("PUT", "/v1/files/x") == "501")
    }
}
