import Testing

@testable import MartletHTTP

struct RequestIDTests {
    private func id(given: String?) -> RequestID {
        var generator = UniqueID.Generator()
        return RequestID(generator.next(), given: given)
    }

    private func written(_ id: RequestID) -> String {
        var bytes: [UInt8] = []
        id.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: ["a", "req-1", "0123-abc_def:/+=.", String(repeating: "x", count: 128)])
    func `a sane id of the client is kept`(given: String) {
        #expect(id(given: given).text == given)
        #expect(written(id(given: given)) == given)
    }

    @Test(arguments: [nil, "", "two words", "tab\t", "naïve", "\u{7F}", String(repeating: "x", count: 129)])
    func `another gets one of ours`(given: String?) {
        let id = id(given: given)
        #expect(id.text == "req_\(id.unique.text)")
        #expect(written(id) == id.text)
    }
}
