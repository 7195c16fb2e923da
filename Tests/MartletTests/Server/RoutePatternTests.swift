import MartletHTTP
import Testing

@testable import Martlet

struct RoutePatternTests {
    @Test(
        arguments: [
            ("/api/items/{id}", "/api/items/7", ["id": "7"]), ("/api/items/{id}/", "/api/items/7", ["id": "7"]),
            ("/{a}/x/{b}", "/1/x/2", ["a": "1", "b": "2"]),
            ("/files/{name}", "/files/a%2Fb%20c%C3%A9", ["name": "a/b cé"]),
            ("/q/{x}", "/q/%", ["x": "%"]), ("/q/{x}", "/q/a+b", ["x": "a+b"]), ("/plain", "/plain", [:]),
        ] as [(String, String, [String: String])])
    func `a parameter is one segment, percent-decoded`(
        pattern: String, path: String, parameters: [String: String]
    ) throws {
        #expect(try RoutePattern(pattern).match(path.split(separator: "/")) == parameters)
    }

    @Test(
        arguments: [
            ("/v1/{rest...}", "/v1/a", ["rest": "a"]), ("/v1/{rest...}", "/v1/a/b%20c/d", ["rest": "a/b c/d"]),
            ("/{a}/x/{rest...}", "/1/x/2/3", ["a": "1", "rest": "2/3"]), ("/v1/{rest...}", "/v1", nil),
            ("/v1/{rest...}", "/v2/a", nil),
        ] as [(String, String, [String: String]?)])
    func `the last parameter may be all segments that are left`(
        pattern: String, path: String, parameters: [String: String]?
    ) throws {
        #expect(try RoutePattern(pattern).match(path.split(separator: "/")) == parameters)
    }

    @Test func `a pattern that takes all that is left comes last`() throws {
        let patterns = try ["/v1/{rest...}", "/v1/a/{rest...}", "/v1/{id}", "/v1/a/{id}"].map { try RoutePattern($0) }
        #expect(patterns[3].precedes(patterns[0]) && patterns[2].precedes(patterns[0]))
        #expect(patterns[1].precedes(patterns[0]) && patterns[3].precedes(patterns[1]))
        #expect(!patterns[0].precedes(patterns[1]) && !patterns[0].precedes(patterns[2]))
    }

    @Test(arguments: [
        ("/api/items/{id}", "/api/items"), ("/api/items/{id}", "/api/items/7/more"), ("/api/items/{id}", "/api/item/7"),
        ("/a/{b}", "/A/b"), ("/{a}/x", "/1/y"),
    ])
    func `another path does not match`(pattern: String, path: String) throws {
        #expect(try RoutePattern(pattern).match(path.split(separator: "/")) == nil)
    }

    @Test(arguments: [
        "", "api", "api/items", "/a b", "/é", "/a?b=1", "/a#b", "/items/{}", "/items/{id", "/items/id}", "/items/x{id}",
        "/items/{id}.json", "/{{id}}", "/{id}/{id}",
    ])
    func `a path that no request can have is an error that names it`(path: String) {
        #expect {
            _ = try RoutePattern(path)
        } throws: { "\($0)".contains(path) && $0 is ServerError }
    }
}
