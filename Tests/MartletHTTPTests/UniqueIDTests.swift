import Testing

@testable import MartletHTTP

struct UniqueIDTests {
    @Test func `ids are 24 hexadecimal digits, and never repeat`() {
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
