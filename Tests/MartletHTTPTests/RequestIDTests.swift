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
    func `an acceptable id of the client is kept`(given: String) {
        #expect(id(given: given).text == given)
        #expect(written(id(given: given)) == given)
    }

    @Test(arguments: [nil, "", "two words", "tab\t", "naïve", "\u{7F}", String(repeating: "x", count: 129)])
    func `an unacceptable id is replaced by a generated one`(given: String?) {
        let id = id(given: given)
        #expect(id.text == "req_\(id.unique.text)")
        #expect(written(id) == id.text)
    }
}

struct UniqueIDTests {
    @Test func `ids are 24 hexadecimal digits and never repeat`() {
        var generator = UniqueID.Generator()
        let ids = (0..<100_000).map { _ in generator.next().text }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.utf8.count == 24 && $0.allSatisfy("0123456789abcdef".contains) })
    }

    @Test func `two generators do not give the same ids`() {
        var first = UniqueID.Generator()
        var second = UniqueID.Generator()
        let ids = (0..<1000).flatMap { _ in [first.next().text, second.next().text] }
        #expect(Set(ids).count == ids.count)
    }
}
