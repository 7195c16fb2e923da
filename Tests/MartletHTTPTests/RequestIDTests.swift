import Testing

@testable import MartletHTTP

struct RequestIDTests {
    @Test(arguments: ["a", "req_1", "!#~", String(repeating: "x", count: 128)])
    func `a short printable id is taken`(id: String) {
        #expect(RequestID.accepted(id) == id)
    }

    @Test(arguments: [nil, "", "a b", "a\tb", "a\u{7F}", "\u{E9}", String(repeating: "x", count: 129)])
    func `anything else is not`(id: String?) {
        #expect(RequestID.accepted(id) == nil)
    }
}
