import MartletHTTP
import Testing

struct IdentifierGeneratorTests {
    @Test func `ids are 24 hexadecimal digits that do not repeat`() {
        var first = IdentifierGenerator()
        var second = IdentifierGenerator()
        let ids = (0..<5000).flatMap { _ in [first.next(), second.next()] }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.count == 24 && $0.allSatisfy { "0123456789abcdef".contains($0) } })
    }

    @Test func `ids of one generator share their first eight digits alone`() {
        var generator = IdentifierGenerator()
        let ids = (0..<16).map { _ in generator.next() }
        #expect(Set(ids.map { $0.prefix(8) }).count == 1)
        #expect(Set(ids.map { $0.suffix(16).prefix(8) }).count == ids.count)
    }
}
