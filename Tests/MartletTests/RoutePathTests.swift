import Testing

@testable import Martlet

struct RoutePathTests {
    @Test(arguments: [
        ("/", "/"), ("/health", "/health"), ("/health/", "/health"), ("//health", "/health"), ("/health//", "/health"),
        ("/v1//chat///completions/", "/v1/chat/completions"), ("//", "/"), ("////", "/"), ("*", "*"),
        ("/v1/models/org/model:tag", "/v1/models/org/model:tag"), ("/a%2F%2Fb", "/a%2F%2Fb"),
    ])
    func `repeated slashes are one, and one at the end is none`(_ path: String, _ text: String) {
        #expect(RoutePath(path).text == text)
    }

    @Test func `the rest is what follows a prefix`() {
        #expect(RoutePath("/v1/models//org/model/").rest(after: "/v1/models/") == "org/model")
        #expect(RoutePath("/v1/models/").rest(after: "/v1/models") == "")
    }

    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("org%2Fmodel%3Atag", "org/model:tag"), ("a%2fb", "a/b"), ("%E2%82%AC", "€"),
        ("100%", "100%"), ("%4", "%4"), ("%zz%4g%g4", "%zz%4g%g4"), ("%%41", "%A"), ("%2541", "%41"), ("a+b", "a+b"),
        ("%FF", "\u{FFFD}"), ("%00", "\0"), ("%+1%-1", "%+1%-1"), ("€%", "€%"),
    ])
    func `percent-encoding is undone once, and what is none stays`(_ text: String, _ decoded: String) {
        #expect(RoutePath.decoded(text[...]) == decoded)
    }
}
