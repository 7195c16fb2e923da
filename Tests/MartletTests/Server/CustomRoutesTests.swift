import MartletHTTP
import MartletOpenAI
import Testing

@testable import Martlet

final class CustomRoutesTests {
    private struct Bare: Backend {
        func listModels() -> [Model] { [] }
    }

    private var server = Server(Bare())
    private let registry: ModelRegistry

    init() async throws { registry = try await Service(Bare()).registry }

    private func add(_ method: HTTPMethod, _ path: String) throws {
        try server.route(method, path) { _, _ in Issue.record("a decision runs no handler") }
    }

    private func outcome(_ method: String, _ path: String) throws -> String {
        try RoutePathDecisionTests.outcome(method, path, of: Service(server, registry, gauges: Gauges()))
    }

    /// The parameters that the handler of a request would get; nil without a handler.
    private func parameters(_ method: HTTPMethod, _ path: String) -> [String: String]? {
        guard case .handler(_, _, let parameters)? = server.customRoutes.resolve(method, path) else { return nil }
        return parameters
    }

    @Test func `a route is found by path, then by method`() throws {
        #expect(server.customRoutes.resolve(.post, "/api/send") == nil)
        try add(.post, "/api/send")
        try add(.delete, "/api/send")
        #expect(
            try ["POST", "DELETE", "GET", "OPTIONS"].map { try outcome($0, "/api/send") } == [
                "task", "task", "405 DELETE, OPTIONS, POST", "204 DELETE, OPTIONS, POST",
            ])
        #expect(try outcome("POST", "//api/send/") == "task")
        #expect(try outcome("POST", "/api") == "404")
        #expect(try outcome("POST", "/api/send/more") == "404")
    }

    @Test func `a route for GET also serves HEAD, unless HEAD has its own`() throws {
        try add(.get, "/page")
        #expect(try outcome("HEAD", "/page") == "task")
        #expect(try outcome("POST", "/page") == "405 GET, HEAD, OPTIONS")
        try add(.head, "/other")
        #expect(try outcome("HEAD", "/other") == "task")
        #expect(try outcome("GET", "/other") == "405 HEAD, OPTIONS")
        try add(.get, "/item/{id}")
        #expect(try outcome("HEAD", "/item/1") == "task")
    }

    @Test func `a route for OPTIONS replaces the built-in response`() throws {
        try add(.options, "/page")
        #expect(try outcome("OPTIONS", "/page") == "task")
    }

    @Test func `the more literal path is chosen, whichever was added first`() throws {
        for path in ["/{a}/{b}", "/{a}/items", "/api/{b}", "/api/items"] { try add(.get, path) }
        #expect(parameters(.get, "/api/items") == [:])
        #expect(parameters(.get, "/api/x") == ["b": "x"])
        #expect(parameters(.get, "/x/items") == ["a": "x"])
        #expect(parameters(.get, "/x/y") == ["a": "x", "b": "y"])
        #expect(parameters(.get, "/x/y/z") == nil)
    }

    @Test func `a path has the methods of every route that matches it`() throws {
        try add(.get, "/items/new")
        try add(.put, "/items/{id}")
        try add(.delete, "/items/{name}")
        #expect(parameters(.put, "/items/new") == ["id": "new"])
        #expect(parameters(.delete, "/items/new") == ["name": "new"])
        #expect(try outcome("POST", "/items/new") == "405 DELETE, GET, HEAD, OPTIONS, PUT")
        #expect(try outcome("POST", "/items/1") == "405 DELETE, OPTIONS, PUT")
    }

    @Test func `a route can add a part of the API that is not implemented`() throws {
        try add(.put, "/v1/files")
        try add(.post, "/v1/videos/{id}")
        #expect(try outcome("PUT", "/v1/files") == "task")
        #expect(try outcome("PUT", "/v1/files/x") == "501")
        #expect(try outcome("POST", "/v1/videos/1") == "task")
    }
}

extension CustomRoutes.Resolution? {
    fileprivate static func == (one: Self, other: _OptionalNilComparisonType) -> Bool {
        if case .none = one { true } else { false }
    }
}
