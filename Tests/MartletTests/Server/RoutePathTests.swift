import Testing

@testable import Martlet

struct RoutePathTests {
    @Test(arguments: [
        ("/", "/"), ("/health", "/health"), ("/health/", "/health"), ("//health", "/health"), ("/health//", "/health"),
        ("/v1//chat///completions/", "/v1/chat/completions"), ("//", "/"), ("////", "/"), ("*", "*"),
        ("/v1/models/org/model:tag", "/v1/models/org/model:tag"), ("/a%2F%2Fb", "/a%2F%2Fb"),
    ])
    func `repeated slashes count as one, and a trailing slash is dropped`(_ path: String, _ text: String) {
        #expect(RoutePath(path).text == text)
    }

    @Test func `the rest is what follows a prefix`() {
        #expect(RoutePath("/v1/models//org/model/").rest(after: "/v1/models/") == "org/model")
        #expect(RoutePath("/v1/models/").rest(after: "/v1/models") == "")
    }
}
